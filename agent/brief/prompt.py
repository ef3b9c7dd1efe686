"""A `Brief` put into words: two messages, made from Markdown files that a clinician can edit.

The files lie in `prompts/`, one per operator beside the parts they share. They are Jinja2 in a
sandbox: a placeholder can name a field of the brief and nothing else, and a misspelt one is an error.
This module adds no facts of its own; whatever is not in the brief cannot be said.
"""

import hashlib
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from scafe.agent.brief.brief import Brief
from scafe.agent.brief.contraband import MAX_NUMBERS
from scafe.evals.disclosure.score_card import DisclosedFeature, ScoreCard
from scafe.knowledge.contract.errors import SettingsError
from scafe.knowledge.contract.extractor import MAX_FEATURES, MAX_LINES
from scafe.sandbox.language.members import MEMBERS
from scafe.sandbox.language.primitives import primitives
from scafe.sandbox.pool.pool import Limits
from scafe.sandbox.probes.verdict import DialResponse

MAX_PROMPT_BYTES = 200_000
"""Longest edited prompt file; the shipped ones have 4,000."""
MAX_RESPONSES = 4
"""Dials named per feature; the weaker ones tell a model nothing it could act on."""
NOT_NAMED = {"__future__", "typing", "numpy.lib", "numpy.lib.stride_tricks", "scipy", "skimage"}
"""Modules that the sandbox has and a prompt need not mention."""
SEEN = {
    "direct": "An image shows it directly.",
    "proxy": "An image shows it only by proxy: what you measure stands for it and is not the thing itself.",
    "no_image": "No image shows it.",
}
MOVES = {
    "up": "it rises",
    "down": "it falls",
    "either": "it may move either way",
    "unknown": "not known how it moves",
}
BETWEEN = {
    "up": "is expected to be positive",
    "down": "is expected to be negative",
    "either": "may have either sign",
    "unknown": "is not known",
}
SEVERITIES = {"reject": "must be mended", "warn": "may stay", "note": "good to know"}
GATES = {
    "accepted": "The set became better with it.",
    "rejected": "The set did not become better with it.",
    "indecisive": "Whether the set became better cannot be told from noise.",
    "blind": "No label was looked at; this is what the images alone say.",
}
SILENT_GATE = "Nothing is told of the set; what is told of a direction has noise, to keep the labels private."
EVIDENCE = {
    "agrees": "runs in the predicted direction",
    "opposes": "runs against the predicted direction",
    "unpredicted": "tells the classes apart, though no direction was predicted",
    "inconclusive": "direction not distinguishable from noise",
    "withheld": "",
}


@dataclass(frozen=True)
class Message:
    """One message to a drafter."""

    role: Literal["system", "user"]
    content: str
    """Markdown."""


def messages(brief: Brief, folder: Path | None = None) -> tuple[Message, Message]:
    """Put a brief into words.

    Parameters
    ----------
    brief : Brief
        All that may be said.
    folder : Path, optional
        Markdown files that replace the shipped ones of the same name.

    Returns
    -------
    (system, user)
        The same brief and files give the same bytes.

    Raises
    ------
    SettingsError
        If an edited file is not a template; the message names file and line.
    """
    if brief.operator != "plan" and brief.criterion is None:
        raise ValueError(f"a brief to {brief.operator} names the criterion to write for")
    names = _words_of(brief)
    return (
        Message("system", _render("system.md", names, folder)),
        Message("user", _render(f"{brief.operator}.md", names, folder)),
    )


def prompts_sha256(folder: Path | None = None) -> str:
    """Return one hash over every prompt file in use, by name and bytes."""
    digest = hashlib.sha256()
    for name in sorted(_environment(folder).list_templates(extensions=["md"])):
        text, _, _ = _environment(folder).loader.get_source(_environment(folder), name)  # type: ignore[union-attr]
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()


def fenced(source: str) -> str:
    """Wrap source in a fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", source)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{source.rstrip()}\n{fence}"


STATUS = {
    "ok": "ran well",
    "faulty": "failed on many images",
    "slow": "was too slow",
    "unsteady": "gave another value when an image was measured again: keep nothing between images",
}


def disclosed(feature: DisclosedFeature, predicted: str | None) -> str:
    """Put one disclosed feature into words; nothing here is finer than its bands."""
    parts = [
        STATUS[feature.status],
        f"missing on {feature.missing.replace('-', ' to ').replace('%', ' %')} of the images",
        f"stability {feature.stability}, worst under {_plain(feature.worst_perturbation)}",
        {"constant": "hardly varies", "binary": "takes two values", "skewed": "skewed", "ok": ""}[
            feature.shape
        ],
        _redundancy(feature),
        _direction(feature, predicted),
        "in the pool" if feature.pooled else "not in the pool",
    ]
    return "; ".join(part for part in parts if part)


def _redundancy(feature: DisclosedFeature) -> str:
    if feature.redundancy == "<.7":
        return ""
    partner = f" with `{feature.redundant_with}`" if feature.redundant_with else " with one in the pool"
    return f"overlaps ({feature.redundancy}){partner}"


def _direction(feature: DisclosedFeature, predicted: str | None) -> str:
    if feature.evidence == "withheld":
        return ""
    told = f" ({predicted})" if predicted else ""
    strength = f", {feature.strength}" if feature.strength != "withheld" else ""
    return EVIDENCE[feature.evidence] + told + strength


def _strongest(responses: Sequence[DialResponse], own: str | None) -> list[DialResponse]:
    """Return the own dial first: ρ is 1 for many dials at once, and would push it off the list."""
    return sorted(responses, key=lambda one: (one.name != own, -abs(one.spearman), one.name))[:MAX_RESPONSES]


def _plain(name: object) -> str:
    return str(name).replace("_", " ")


def _words_of(brief: Brief) -> dict[str, Any]:
    """Name the fields of the brief for the templates."""
    return {name: getattr(brief, name) for name in type(brief).model_fields}


def _render(name: str, names: dict[str, Any], folder: Path | None) -> str:
    try:
        text = _environment(folder).get_template(name).render(names)
    except TemplateError as error:
        where = getattr(error, "filename", None) or name
        line = getattr(error, "lineno", None)
        at = f"{where}, line {line}" if line else str(where)
        raise SettingsError(
            f"prompt file {at}: {error.message}; placeholders name fields of the brief"
        ) from None
    return _tidy(text)


def _tidy(text: str) -> str:
    """Leave one blank line before headings and never two in a row; code between fences stays as it is."""
    lines: list[str] = []
    fence = ""
    for line in text.strip().splitlines():
        mark = re.match(r"`{3,}", line)
        if mark and not fence:
            fence = mark[0]
        elif fence and line == fence:
            fence = ""
        elif not fence and not line and lines and not lines[-1]:
            continue
        elif not fence and line.startswith("#") and lines and lines[-1]:
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"


def gate_words(card: ScoreCard) -> str:
    """Say what the gate said; one that keeps silent for privacy did look at labels."""
    looked = any(one.evidence != "withheld" for one in card.features)
    return SILENT_GATE if card.gate == "blind" and looked else GATES[card.gate]


def _require_plain(folder: Path) -> None:
    """Refuse prompt files that are no plain files: a link could stand for any file of the reader's."""
    for path in sorted(folder.iterdir()):
        if path.suffix != ".md" and not path.is_symlink():
            continue
        if not stat.S_ISREG(path.lstat().st_mode):
            raise SettingsError(f"{path}: not a plain file; prompts are Markdown files, not links")
        if path.stat().st_size > MAX_PROMPT_BYTES:
            raise SettingsError(f"{path}: more than {MAX_PROMPT_BYTES} bytes; a prompt is a page of text")


@lru_cache(maxsize=8)
def _environment(folder: Path | None) -> SandboxedEnvironment:
    if folder is not None and not folder.is_dir():
        raise SettingsError(f"{folder}: no such folder of prompts")
    if folder is not None:
        _require_plain(folder)
    shipped = FileSystemLoader(str(resources.files("scafe.agent.brief") / "prompts"))
    loader = ChoiceLoader([FileSystemLoader(folder), shipped] if folder else [shipped])
    environment = SandboxedEnvironment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters.update(
        fenced=fenced,
        disclosed=disclosed,
        gate_words=gate_words,
        strongest=_strongest,
        words=_plain,
        number=lambda value: f"{value:g}",
    )
    environment.globals.update(
        max_lines=MAX_LINES,
        max_features=MAX_FEATURES,
        image_seconds=Limits().image_seconds,
        max_numbers=MAX_NUMBERS,
        modules=sorted(set(MEMBERS) - NOT_NAMED),
        primitives=primitives(),
        seen=SEEN,
        moves=MOVES,
        between=BETWEEN,
        severities=SEVERITIES,
        gates=GATES,
    )
    return environment
