"""The function bank: what a brief tells of earlier extractors, the best first, and of those turned away.

A brief gets the meaning of each feature and where it ended, not its code: the code of one criterion is of no
use to another, and is the longest part of a prompt. Runs of before go on with the code of the best.
"""

from collections.abc import Mapping

from scafe.agent.brief.brief import BankEntry, Fate, KnownFeature, Said
from scafe.agent.nodes.merit import Merit, merit_of
from scafe.agent.nodes.state import Line, LoopContext, LoopState, Task
from scafe.agent.record.revisions import Revision, read_revision, read_source
from scafe.evals.disclosure.score_card import DisclosedFeature, ScoreCard
from scafe.knowledge.contract.extractor import parse_extractor

BEST = 2
"""Extractors of the pool that a brief tells of, those of its own criterion aside, before format 5."""
WORST = 2
"""Extractors without a feature in the pool, of other criteria."""
OWN = 3
"""Earlier extractors of the brief's own criterion."""
BEFORE = 3
"""Of each kind, in formats 1 and 2."""


def bank(state: LoopState, context: LoopContext, task: Task) -> tuple[BankEntry, ...]:
    """Return what a brief may know of earlier extractors, its parents aside.

    First those of its own criterion, whatever became of them; then the best of each other criterion, by what
    the gate said; then the worst of others. A draft that a repair has mended is not told of: its finding
    would be taken for the end of it.
    """
    if not context.goes_by_merit:
        return _bank_with_code(state, context, task)
    left_out = {*task["parents"], *(_mended(state) if context.tells_ends else ())}
    others = [line for sha256, line in state["lines"].items() if sha256 not in left_out]
    known = [_Known(line, read_revision(context.run, line["name"])) for line in others]
    known.sort(key=lambda one: one.line["name"])
    known.sort(key=lambda one: one.merit, reverse=True)
    own = [one for one in known if one.line["criterion"] == task["criterion"]][:OWN]
    if task["operator"] == "recombine":
        return tuple(_entry(context, one) for one in own[:1])  # its two parents fill the prompt
    rest = [one for one in known if one.line["criterion"] != task["criterion"]]
    best = [one for one in rest if one.line["pooled"]]
    best = _first_of_each(best) if context.tells_ends else best[:BEST]
    worst = [one for one in rest if not one.line["pooled"]][-WORST:]
    return tuple(_entry(context, one) for one in (*own, *best, *worst))


def _mended(state: LoopState) -> set[str]:
    """Return the extractors whose repair passed: what was wrong with them is wrong no longer."""
    lines = state["lines"]
    passed = [line for line in lines.values() if line["accepted"] and line["repairs"]]
    found = {parent for line in passed for parent in line["parents"]}
    while True:  # a repair may have mended a repair
        before = {parent for sha256 in found if sha256 in lines for parent in _repaired(lines[sha256])}
        if before <= found:
            return found
        found |= before


def _repaired(line: Line) -> list[str]:
    return line["parents"] if line["repairs"] else []


def _first_of_each(known: list["_Known"]) -> list["_Known"]:
    """Leave the best extractor of each criterion, so that none in the set goes untold."""
    firsts: dict[str, _Known] = {}
    for one in known:
        firsts.setdefault(one.line["criterion"], one)
    return list(firsts.values())


class _Known:
    """An earlier extractor as the state and its record have it."""

    def __init__(self, line: Line, revision: Revision) -> None:
        self.line = line
        self.revision = revision
        self.merit: Merit = merit_of(line, revision.card)


def _entry(context: LoopContext, one: _Known) -> BankEntry:
    meanings = {
        feature.name: feature.meaning
        for feature in parse_extractor(read_source(context.run, one.revision)).features
    }
    return BankEntry(
        criterion=one.line["criterion"],
        features=tuple(one.line["features"]),
        standing="pooled" if one.line["pooled"] else "turned_away",
        gate=gate_said(one.revision.card),
        known=tuple(_feature(one, name, meanings.get(name, "")) for name in one.line["features"]),
    )


def gate_said(card: ScoreCard | None) -> Said:
    """Return what the gate said; one that keeps silent for privacy did look at labels."""
    if card is None:
        return ""
    looked = any(one.evidence != "withheld" for one in card.features)
    return "silent" if card.gate == "blind" and looked else card.gate


def _feature(one: _Known, name: str, meaning: str) -> KnownFeature:
    scored = {each.name: each for each in one.revision.card.features} if one.revision.card else {}
    rejected = _rejected(one.revision)
    told = scored.get(name)
    return KnownFeature(
        name=name,
        meaning=meaning,
        fate=_fate(one, name, told, rejected),
        finding=rejected.get(name, ""),
        evidence=told.evidence if told and told.evidence != "withheld" else "",
        strength=told.strength if told and told.strength != "withheld" else "",
    )


def _fate(one: _Known, name: str, told: DisclosedFeature | None, rejected: Mapping[str, str]) -> Fate:
    if name in one.line["pooled"]:
        return "pooled"
    if one.revision.standing == "replaced":
        return "replaced"
    if told is not None:
        return "not_selected"
    if name in rejected:
        return "rejected"
    return "repeated" if one.line["scored"] or "twin" in one.revision.reasons else "waiting"


def _rejected(revision: Revision) -> dict[str, str]:
    """Return feature -> code of the finding that rejected it; one on the whole module rejects them all."""
    if revision.verdict is None:
        return {}
    found = [one for one in revision.verdict.findings if one.severity == "reject"]
    whole = next((one.code for one in found if one.feature is None), "")
    names = tuple(revision.predicted)
    codes = dict.fromkeys(names, whole) if whole else {}
    for one in reversed(found):
        if one.feature is not None:
            codes[one.feature] = one.code
    return codes


def _bank_with_code(state: LoopState, context: LoopContext, task: Task) -> tuple[BankEntry, ...]:
    """Return the best earlier extractors with their code, the worst as error classes: formats 1 and 2."""
    others = [(sha256, line) for sha256, line in state["lines"].items() if sha256 not in task["parents"]]
    near = sorted(others, key=lambda one: (one[1]["criterion"] != task["criterion"], one[1]["name"]))
    best = [_best_entry(context, line) for _, line in near if line["pooled"]][:BEFORE]
    worst = [_worst_entry(context, line) for _, line in near if not line["accepted"]][:BEFORE]
    return (*best, *worst)


def _best_entry(context: LoopContext, line: Line) -> BankEntry:
    revision = read_revision(context.run, line["name"])
    return BankEntry(
        criterion=line["criterion"],
        features=tuple(line["pooled"]),
        standing="pooled",
        source=read_source(context.run, revision),
    )


def _worst_entry(context: LoopContext, line: Line) -> BankEntry:
    revision = read_revision(context.run, line["name"])
    found = revision.verdict.findings if revision.verdict else ()
    codes = sorted({one.code for one in found if one.severity == "reject"})
    return BankEntry(
        criterion=line["criterion"],
        features=tuple(line["features"]),
        standing="turned_away",
        reasons=tuple(codes) or revision.reasons,
    )
