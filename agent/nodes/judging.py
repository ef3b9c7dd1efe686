"""Probe every revision on phantoms, send findings back, and score what passed: all in one fixed order."""

from dataclasses import dataclass

from scafe.agent.nodes.naming import pool_refs
from scafe.agent.nodes.opening import new_task
from scafe.agent.nodes.state import Line, LoopContext, LoopState, Task, Update
from scafe.agent.nodes.steps import in_order, revision_of, source_of
from scafe.agent.record.events import Judged, Scored, Simplified, TurnedAway
from scafe.agent.record.revisions import Revision, Standing, read_revision, write_revision
from scafe.agent.settings.call_plan import MAX_REPAIRS
from scafe.evals.disclosure.score_card import ScoreCard
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.sandbox.probes.novelty import twin_of
from scafe.sandbox.probes.verdict import FeatureEvidence, Verdict

SAME_SHARE = 1e-3
"""Of the declared range: values that differ by less are the same measurement (simplify)."""


@dataclass(frozen=True)
class Known:
    """A feature that newcomers must differ from."""

    revision: str
    """e.g. border/r003."""
    evidence: FeatureEvidence

    def __str__(self) -> str:
        return f"{self.revision} {self.evidence.name}"


def judge(state: LoopState, context: LoopContext) -> Update:
    """Judge what was drafted; what passes waits for its score, what does not may be repaired."""
    lines, ready = dict(state["lines"]), list(state["ready"])
    scored = [sha256 for sha256, line in lines.items() if line["scored"]]
    seen = _evidence_of(state, context, [*scored, *ready])
    repairs: list[Task] = []
    for sha256 in in_order(state, state["pending"]):
        verdict = context.bench.probe(source_of(state, context, sha256))
        accepted = _record_verdict(state, context, lines, sha256, verdict)
        if accepted and lines[sha256]["origin"] != "simplify":
            accepted = _novel(context, lines, sha256, verdict, accepted, seen)
        lines[sha256] = {**lines[sha256], "accepted": accepted}
        name = lines[sha256]["name"]
        seen += [Known(name, one) for one in verdict.features if one.name in accepted]
        if accepted:
            ready.append(sha256)
        elif not verdict.accepted_names and _may_repair(state, context, lines[sha256], len(repairs)):
            repairs.append(_repair(len(repairs), lines[sha256], sha256))
    spent = state["repairs"] + len(repairs)
    return {"lines": lines, "ready": ready, "pending": [], "tasks": repairs, "repairs": spent}


def after_judge(state: LoopState) -> str:
    """Repair first, so that a wave is scored together and in order."""
    return "compose" if state["tasks"] else "score"


def score(state: LoopState, context: LoopContext) -> Update:
    """Score what passed, one after the other; a query is spent only on what the probes let through."""
    lines, pool = dict(state["lines"]), [list(one) for one in state["pool"]]
    left = state["queries_left"]
    for sha256 in in_order(state, state["ready"]):
        revision = revision_of(state, context, sha256)
        if lines[sha256]["origin"] == "simplify":
            _take_place(state, context, lines, pool, revision)
            continue
        names = lines[sha256]["accepted"]
        if context.numbers_names:
            names = _unclaimed(context, revision, names, pool)
        if not names:
            continue
        if state["mode"] == "gated" and left == 0:
            _turn_away(context, revision, names, "no_query_left", "turned_away")
            continue
        card = context.bench.score(source_of(state, context, sha256), tuple(names), pool_refs(state, pool))
        left = card.queries_left
        pooled = [one.name for one in card.features if one.pooled and one.name in names]
        pool += [[sha256, name] for name in pooled]
        lines[sha256] = {**lines[sha256], "scored": True, "pooled": pooled}
        _record_score(context, revision, card, pooled)
    return {"lines": lines, "pool": pool, "queries_left": left, "ready": []}


def _evidence_of(state: LoopState, context: LoopContext, hashes: list[str]) -> list[Known]:
    """Return what the probes know of features that newcomers must differ from."""
    found = []
    for sha256 in hashes:
        revision = revision_of(state, context, sha256)
        accepted = set(state["lines"][sha256]["accepted"])
        features = revision.verdict.features if revision.verdict else ()
        found += [Known(revision.name, one) for one in features if one.name in accepted]
    return found


def _record_verdict(
    state: LoopState, context: LoopContext, lines: dict[str, Line], sha256: str, verdict: Verdict
) -> list[str]:
    revision = revision_of(state, context, sha256)
    standing: Standing = "judged" if verdict.is_acceptable else "turned_away"
    reasons = () if verdict.is_acceptable else _reasons(verdict)
    write_revision(
        context.run,
        revision.model_copy(update={"verdict": verdict, "standing": standing, "reasons": reasons}),
    )
    context.trace.record(
        Judged(
            criterion=revision.criterion,
            number=revision.number,
            sha256=sha256,
            accepted=verdict.accepted_names,
            findings=tuple((one.code, one.severity, one.feature or "") for one in verdict.findings),
        )
    )
    return list(verdict.accepted_names)


def _reasons(verdict: Verdict) -> tuple[str, ...]:
    return tuple(sorted({one.code for one in verdict.findings if one.severity != "note"}))


def _novel(
    context: LoopContext,
    lines: dict[str, Line],
    sha256: str,
    verdict: Verdict,
    accepted: list[str],
    seen: list[Known],
) -> list[str]:
    """Turn away features that repeat one that was scored, or waits for it: |rho| > .98 costs no query."""
    novel = []
    for one in verdict.features:
        if one.name not in accepted:
            continue
        twin = twin_of(one, [other.evidence for other in seen])
        if twin is None:
            novel.append(one.name)
            continue
        other = seen[twin] if not context.numbers_names else seen[twin].evidence.name
        reason = f"repeats {other} on phantoms"
        context.trace.record(TurnedAway(sha256=sha256, features=(one.name,), reason=reason))
    if not novel:
        revision = read_revision(context.run, lines[sha256]["name"])
        update = {"standing": "turned_away", "reasons": ("twin",)}
        write_revision(context.run, revision.model_copy(update=update))
    return novel


def _may_repair(state: LoopState, context: LoopContext, line: Line, asked: int) -> bool:
    allowed = context.plan(state["queries_left"], state["mode"]).repairs
    calls = context.max_calls - state["calls"] - asked
    return (
        line["repairs"] < MAX_REPAIRS
        and state["repairs"] + asked < allowed
        and calls > 0
        and context.evaluations_left(state["lines"]) > asked
        and not state["capped"]
    )


def _repair(number: int, line: Line, sha256: str) -> Task:
    task = new_task(number, "repair", line["criterion"], [sha256], line["idea"], line["variant"])
    return Task({**task, "origin": line["origin"], "repairs": line["repairs"] + 1})


def _unclaimed(
    context: LoopContext, revision: Revision, names: list[str], pool: list[list[str]]
) -> list[str]:
    """Leave out features whose name the pool has: the older rule, under which a name was a column."""
    taken = {name for _, name in pool}
    clash = [name for name in names if name in taken]
    if clash:
        _turn_away(context, revision, clash, "name_taken", "judged")
    return [name for name in names if name not in taken]


def _turn_away(
    context: LoopContext, revision: Revision, names: list[str], reason: str, standing: Standing
) -> None:
    write_revision(
        context.run,
        revision.model_copy(
            update={"standing": standing, "reasons": tuple(dict.fromkeys((*revision.reasons, reason)))}
        ),
    )
    context.trace.record(TurnedAway(sha256=revision.sha256, features=tuple(names), reason=reason))


def _record_score(context: LoopContext, revision: Revision, card: ScoreCard, pooled: list[str]) -> None:
    standing: Standing = "pooled" if pooled else "turned_away"
    reasons = () if pooled else (f"gate_{card.gate}",)
    update = {"card": card, "standing": standing, "reasons": reasons}
    write_revision(context.run, revision.model_copy(update=update))
    context.trace.record(
        Scored(criterion=revision.criterion, number=revision.number, card=card, pooled=tuple(pooled))
    )


def _take_place(
    state: LoopState, context: LoopContext, lines: dict[str, Line], pool: list[list[str]], child: Revision
) -> None:
    """Let a simpler revision replace its parent if every pooled value is the same on phantoms."""
    parent = revision_of(state, context, child.parents[0]) if child.parents else None
    pooled = [name for sha256, name in pool if parent is not None and sha256 == parent.sha256]
    shorter = parent is not None and _lines_of(state, context, child) < _lines_of(state, context, parent)
    if parent is None or not pooled or not shorter or not _same_values(state, context, parent, child, pooled):
        _turn_away(context, child, lines[child.sha256]["accepted"], "not_the_same_in_less", "turned_away")
        return
    for entry in pool:
        if entry[0] == parent.sha256:
            entry[0] = child.sha256
    lines[child.sha256] = {**lines[child.sha256], "pooled": pooled}
    lines[parent.sha256] = {**lines[parent.sha256], "pooled": []}
    write_revision(context.run, child.model_copy(update={"standing": "pooled"}))
    write_revision(context.run, parent.model_copy(update={"standing": "replaced"}))
    context.trace.record(Simplified(parent=parent.sha256, child=child.sha256, features=tuple(pooled)))


def _same_values(
    state: LoopState, context: LoopContext, parent: Revision, child: Revision, names: list[str]
) -> bool:
    """Compare the phantom values that the probes kept, against the range the parent declared."""
    before, after = _values(parent), _values(child)
    ranges = {
        one.name: one.range for one in parse_extractor(source_of(state, context, parent.sha256)).features
    }
    accepted = set(state["lines"][child.sha256]["accepted"])
    return all(
        name in accepted and name in after and _close(before[name], after[name], ranges[name])
        for name in names
    )


def _values(revision: Revision) -> dict[str, tuple[float | None, ...]]:
    return {one.name: one.fingerprint for one in (revision.verdict.features if revision.verdict else ())}


def _close(
    before: tuple[float | None, ...], after: tuple[float | None, ...], bounds: tuple[float, float]
) -> bool:
    slack = SAME_SHARE * (bounds[1] - bounds[0])
    if not before or len(before) != len(after):
        return False
    return all(_near(one, other, slack) for one, other in zip(before, after, strict=True))


def _near(one: float | None, other: float | None, slack: float) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= slack


def _lines_of(state: LoopState, context: LoopContext, revision: Revision) -> int:
    return source_of(state, context, revision.sha256).count("\n")
