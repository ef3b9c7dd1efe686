"""A `Brief` put into words: two messages, made from Markdown files that a clinician can edit.

The files lie in `prompts/`, one per operator beside the parts they share. They are Jinja2 in a
sandbox: a placeholder can name a field of the brief and nothing else, and a misspelt one is an error.
This module adds no facts of its own; whatever is not in the brief cannot be said.
"""

import hashlib
import re
import stat
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from scafe.agent.brief.brief import AnyBrief, Brief
from scafe.agent.brief.compact import compact
from scafe.agent.brief.contraband import MAX_NUMBERS
from scafe.agent.brief.evidence import (
    GATES,
    answers,
    disclosed,
    gate_words,
    has_reach,
    of_region,
    plain,
    strongest,
)
from scafe.agent.brief.history import so_far, told
from scafe.agent.brief.locator_words import LOCATING, seen_of_locator
from scafe.agent.brief.wording import fitting, inside_of, wording_of
from scafe.knowledge.contract.errors import SettingsError
from scafe.knowledge.contract.extractor import MAX_FEATURES, MAX_LINES
from scafe.knowledge.criteria.pack import Criterion
from scafe.sandbox.language.members import MEMBERS
from scafe.sandbox.language.primitives import Primitive
from scafe.sandbox.pool.pool import Limits

MAX_PROMPT_BYTES = 200_000
"""Longest edited prompt file; the shipped ones have 4,000."""
NOT_NAMED = {"__future__", "typing", "numpy.lib", "numpy.lib.stride_tricks", "scipy", "skimage"}
"""Modules that the sandbox has and a prompt need not mention."""
SEEN = {
    "direct": "An image shows it directly.",
    "proxy": "An image shows it only by proxy: what you measure stands for it and is not the thing itself.",
    "no_image": "No image shows it.",
}
LONGEST_LABEL = 40
"""Characters of a level's label that a direction quotes."""
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


@dataclass(frozen=True)
class Message:
    """One message to a drafter."""

    role: Literal["system", "user"]
    content: str
    """Markdown."""


def messages(brief: AnyBrief, folder: Path | None = None) -> tuple[Message, Message]:
    """Put a brief into words.

    Parameters
    ----------
    brief : Brief or LocatorBrief
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
    is_extractor = isinstance(brief, Brief)
    if isinstance(brief, Brief) and brief.operator != "plan" and brief.criterion is None:
        raise ValueError(f"a brief to {brief.operator} names the criterion to write for")
    names = _words_of(brief)
    return (
        Message("system", _render("system.md" if is_extractor else "locator_system.md", names, folder)),
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


def _words_of(brief: AnyBrief) -> dict[str, Any]:
    """Name the fields of the brief for the templates, and the words that follow from them."""
    so_far_words = so_far(brief.bank, brief.subject) if isinstance(brief, Brief) else ""
    return {
        **{name: getattr(brief, name) for name in type(brief).model_fields},
        "wording": wording_of(brief.modality, brief.channels),
        "primitives": fitting(brief.modality),
        "inside": inside_of(brief.region, brief.modality),
        "so_far": so_far_words,
    }


def amount(criterion: Criterion | None) -> str:
    """Say what grows as a feature rises, in the criterion's own words: more of it need not be worse.

    Examples
    --------
    >>> from scafe.knowledge.criteria.pack import load_pack
    >>> amount(load_pack("ultrasound.birads").criterion("posterior"))
    'from "shadow" to "enhancement"'
    """
    if criterion is None:
        return "as there is more of the criterion"
    labels = [one.label for one in sorted(criterion.levels, key=lambda one: one.score)]
    if len(labels) > 1 and max(len(labels[0]), len(labels[-1])) <= LONGEST_LABEL:
        return f'from "{labels[0]}" to "{labels[-1]}"'
    if len(labels) > 1:
        return "from its lowest level to its highest"
    return f"as there is more {plain(criterion.id)}"


def imports() -> str:
    """Name the modules that the sandbox has: those of one library behind its name."""
    names = sorted(set(MEMBERS) - NOT_NAMED)
    parts: dict[str, list[str]] = {}
    for name in names:
        library, _, part = name.partition(".")
        parts.setdefault(library, []).append(part)
    alone = [f"`{library}`" for library, found in parts.items() if "" in found]
    split = [(library, [part for part in found if part]) for library, found in parts.items()]
    return "; ".join(
        [", ".join(alone), *(f"of `{library}`: {', '.join(found)}" for library, found in split if found)]
    )


def keys(primitive: Primitive) -> str:
    """Say of a primitive that gives several things what they are called; '' of the others."""
    named = re.findall(r"^(\w+) : ", primitive.gives, re.MULTILINE)
    if primitive.gives.startswith("dict"):
        named = re.findall(r'"(\w+)"', primitive.gives)
    return f" ({', '.join(named)})" if len(named) > 1 else ""


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
        seen_of_locator=seen_of_locator,
        gate_words=gate_words,
        answers=answers,
        strongest=strongest,
        has_reach=has_reach,
        told=told,
        amount=amount,
        keys=keys,
        of_region=of_region,
        compact=compact,
        words=plain,
        number=lambda value: f"{value:g}",
    )
    environment.globals.update(
        max_lines=MAX_LINES,
        locating=LOCATING,
        max_features=MAX_FEATURES,
        image_seconds=Limits().image_seconds,
        max_numbers=MAX_NUMBERS,
        modules=sorted(set(MEMBERS) - NOT_NAMED),
        imports=imports(),
        seen=SEEN,
        moves=MOVES,
        between=BETWEEN,
        severities=SEVERITIES,
        gates=GATES,
    )
    return environment
