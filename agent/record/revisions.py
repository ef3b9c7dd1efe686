"""Revisions of extractors as files, `revisions/<criterion>/r003.py` with r003.json beside it."""

import difflib
import hashlib
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.brief.brief import LocatorOperator, Operator
from scafe.agent.record.run_folder import MOST_TEXT_BYTES, RunFolder, write_atomically
from scafe.evals.disclosure.score_card import LocatorCard, ScoreCard
from scafe.knowledge.contract.errors import InputError, IntegrityError
from scafe.knowledge.contract.inside import read_inside
from scafe.sandbox.probes.regions.verdict import LocatorVerdict
from scafe.sandbox.probes.verdict import Verdict

NAME = re.compile(r"(?:(?P<criterion>[a-z][a-z0-9_]*)/)?r?(?P<number>\d+)(?:\.py)?")
Standing = Literal["drafted", "judged", "turned_away", "pooled", "replaced", "chosen"]
LOCATOR = "locator"
"""What stands in the place of a criterion where a revision is of a locator."""


class SeenLocator(BaseModel):
    """What was seen of a locator: by the probes on phantoms, and in bands on images of patients."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: LocatorVerdict
    card: LocatorCard | None = None


class Revision(BaseModel):
    """One revision of an extractor, without its source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    criterion: str
    number: int = Field(ge=1, description="counts within its criterion")
    sha256: str = Field(description="of the source: the extractor's identity")
    operator: Operator | LocatorOperator
    parents: tuple[str, ...] = Field(default=(), description="SHA-256 of the sources it was made from")
    round: int = Field(ge=0)
    predicted: dict[str, str] = Field(default_factory=dict, description="feature -> direction, stated first")
    verdict: Verdict | None = None
    card: ScoreCard | None = None
    located: SeenLocator | None = Field(
        default=None, exclude_if=lambda value: value is None, description="of a locator: what was seen of it"
    )
    standing: Standing = "drafted"
    reasons: tuple[str, ...] = Field(default=(), description="codes: why it stands where it stands")

    @property
    def name(self) -> str:
        """Name within the run, e.g. border/r003."""
        return f"{self.criterion}/r{self.number:03d}"


class RevisionDiff(BaseModel):
    """What changed from one revision to another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: str
    after: str
    unified: str = Field(description="diff of the sources, as `diff -u` prints it")
    changes: tuple[str, ...] = Field(description="what changed in verdict and score, in words")


def write_revision(run: RunFolder, revision: Revision, source: str | None = None) -> None:
    """Write the record of a revision, and its source the first time."""
    stem = run.path / "revisions" / revision.name
    if source is not None:
        write_atomically(stem.with_suffix(".py"), source.encode())
    text = json.dumps(revision.model_dump(mode="json"), indent=1, ensure_ascii=False)
    write_atomically(stem.with_suffix(".json"), (text + "\n").encode())


def read_revision(run: RunFolder, name: str) -> Revision:
    """Read the record of a revision by name (`border/r003`, or `r003` where only one criterion has it)."""
    path = _find(run, name)
    try:
        return Revision.model_validate_json(_read(run, path))
    except ValueError:
        raise IntegrityError(f"{path}: not the record of a revision; the file was edited") from None


def read_source(run: RunFolder, revision: Revision) -> str:
    """Return the source of a revision; IntegrityError if it is not what was recorded."""
    path = run.path / "revisions" / f"{revision.name}.py"
    data = _read(run, path)
    if hashlib.sha256(data).hexdigest() != revision.sha256:
        raise IntegrityError(f"{path}: the source is not the one that was recorded; the file was edited")
    return data.decode()


def list_revisions(run: RunFolder) -> tuple[Revision, ...]:
    """Return every revision, by criterion and number."""
    paths = sorted((run.path / "revisions").glob("*/r*.json"))
    found = [read_revision(run, f"{path.parent.name}/{path.stem}") for path in paths]
    return tuple(sorted(found, key=lambda one: (one.criterion, one.number)))


def diff_revisions(run: RunFolder, before: str, after: str) -> RevisionDiff:
    """Compare two revisions: a unified diff of their sources and what changed in verdict and score."""
    old, new = read_revision(run, before), read_revision(run, after)
    lines = difflib.unified_diff(
        read_source(run, old).splitlines(keepends=True),
        read_source(run, new).splitlines(keepends=True),
        f"{old.name}.py",
        f"{new.name}.py",
    )
    changes = (*_verdict_changes(old, new), *_card_changes(old, new), *_standing_change(old, new))
    return RevisionDiff(before=old.name, after=new.name, unified="".join(lines), changes=changes)


def _read(run: RunFolder, path: Path) -> bytes:
    return read_inside(run.path, path.relative_to(run.path).as_posix(), MOST_TEXT_BYTES)


def _find(run: RunFolder, name: str) -> Path:
    match = NAME.fullmatch(name)
    if match is None:
        raise InputError(f"{name!r} is not the name of a revision; write e.g. border/r003")
    pattern = f"{match['criterion'] or '*'}/r{int(match['number']):03d}.json"
    found = sorted((run.path / "revisions").glob(pattern))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{path.parent.name}/{path.stem}" for path in found)
        raise InputError(f"{name!r} could be {names}; name the criterion too")
    raise InputError(f"run {run.path.name} has no revision {name!r}; see `scafe runs show {run.path.name}`")


def _verdict_changes(old: Revision, new: Revision) -> list[str]:
    left_out = old.predicted.keys() - new.predicted.keys()
    before, after = _findings(old, left_out), _findings(new)
    changes = [f"feature left out: {name}" for name in sorted(left_out)]
    changes += [f"feature added: {name}" for name in sorted(new.predicted.keys() - old.predicted.keys())]
    changes += [f"finding gone: {one}" for one in sorted(before - after)]
    return changes + [f"finding new: {one}" for one in sorted(after - before)]


def _findings(revision: Revision, left_out: Collection[str] = ()) -> set[str]:
    """Return findings in words; what was found of a feature that is left out went with it."""
    listed = revision.verdict.findings if revision.verdict else ()
    found = [one for one in listed if one.feature not in left_out]
    return {f"{one.code} ({one.severity}){f' on {one.feature}' if one.feature else ''}" for one in found}


def _card_changes(old: Revision, new: Revision) -> list[str]:
    before, after = _features(old), _features(new)
    changes = [f"no longer scored: {name}" for name in sorted(before.keys() - after.keys())]
    for name in sorted(after):
        if name not in before:
            told = ", ".join(f"{key} {value}" for key, value in after[name].items() if value is not None)
            changes.append(f"{name}: newly scored ({told})")
            continue
        changes += [
            f"{name}: {key} {before[name][key]} → {value}"
            for key, value in after[name].items()
            if before[name][key] != value
        ]
    return changes + _gate_change(old, new)


def _features(revision: Revision) -> dict[str, dict[str, object]]:
    features = revision.card.features if revision.card else ()
    return {one.name: one.model_dump(exclude={"name"}) for one in features}


def _gate_change(old: Revision, new: Revision) -> list[str]:
    before = old.card.gate if old.card else "not scored"
    after = new.card.gate if new.card else "not scored"
    return [f"gate: {before} → {after}"] if before != after else []


def _standing_change(old: Revision, new: Revision) -> list[str]:
    return [] if old.standing == new.standing else [f"standing: {old.standing} → {new.standing}"]
