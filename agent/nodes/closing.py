"""The last nodes: prune on fresh folds, freeze, open the seal once, report, finish."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from scafe.agent.egress.sent import sum_sent, sum_spent
from scafe.agent.nodes.naming import pool_refs
from scafe.agent.nodes.state import LoopContext, LoopState, Update
from scafe.agent.record.events import PoolPruned, Reported, RunFinished, SealOpened, SetFrozen
from scafe.agent.record.revisions import list_revisions, read_revision
from scafe.agent.record.trace import EVENTS, Line, read_lines
from scafe.evals.disclosure.bench import FeatureRef


def prune(state: LoopState, context: LoopContext) -> Update:
    """Drop what does not stand on folds that the search never saw."""
    if not state["pool"]:
        return {"outcome": "no_acceptable_set", "why": _nothing(state, context)}
    pruned = context.bench.prune(pool_refs(state))
    context.trace.record(PoolPruned(kept=_pairs(pruned.kept), dropped=_pairs(pruned.dropped)))
    if not pruned.kept:
        why = "no pooled feature stood on fresh folds"
        return {"pool": [], "outcome": "no_acceptable_set", "why": why}
    return {"pool": [[one.extractor, one.name] for one in pruned.kept]}


def after_prune(state: LoopState) -> str:
    """Ask to freeze, or end."""
    return "finish" if state["outcome"] else "agree_freeze"


def freeze(state: LoopState, context: LoopContext) -> Update:
    """Write the bundle."""
    lineage = {sha256: _ancestors(state, sha256) for sha256, _ in state["pool"]}
    frozen = context.bench.freeze(pool_refs(state), str(context.run.frozen), lineage)
    bundle = context.run.relative(frozen.bundle)
    context.trace.record(
        SetFrozen(bundle=bundle, sha256=frozen.sha256, features=frozen.features, criteria=frozen.criteria)
    )
    return {"bundle": bundle, "bundle_sha256": frozen.sha256}


def open_seal(state: LoopState, context: LoopContext) -> Update:
    """Score the bundle on the held-out test set. The number is for people: no brief can hold it."""
    opened = context.bench.open_seal(str(context.run.path / state["bundle"]), _actor(context))
    context.trace.record(SealOpened(**opened.model_dump()))
    return {}


def report(state: LoopState, context: LoopContext) -> Update:
    """Write the report into the run folder."""
    files = context.bench.report(
        str(context.run.path / state["bundle"]), str(context.run.path), _told(state, context)
    )
    paths = {kind: context.run.relative(Path(path)) for kind, path in sorted(files.items())}
    context.trace.record(Reported(files=paths))
    return {"outcome": "frozen"}


def finish(state: LoopState, context: LoopContext) -> Update:
    """Say how the run ended."""
    status: Literal["frozen", "no_acceptable_set"] = "no_acceptable_set"
    if state["outcome"] == "frozen":
        status = "frozen"
    context.trace.record(RunFinished(status=status, why=state["why"], calls=state["calls"]))
    return {}


def count_replies(lines: Iterable[Line]) -> dict[str, int]:
    """Count what the drafter's replies were, those to the plan and with a locator aside.

    Examples
    --------
    >>> told = {"kind": "replied", "operator": "refine", "complaint": ""}
    >>> count_replies([told, {"kind": "declined"}, {**told, "complaint": "no module"}])
    {'extractor': 0, 'declined': 1, 'broken': 1}
    """
    told = list(lines)
    others = ("plan", "locate", "relocate")
    replies = [one for one in told if one["kind"] == "replied" and one["operator"] not in others]
    broken = sum(bool(one["complaint"]) for one in replies)
    declined = sum(one["kind"] == "declined" for one in told)
    return {"extractor": len(replies) - broken - declined, "declined": declined, "broken": broken}


def _nothing(state: LoopState, context: LoopContext) -> str:
    """Say why the pool is empty: what is missing on every image is usually the mask, not the idea."""
    if not state["lines"]:
        return "no answer of the drafter held an extractor"
    if not any(line["accepted"] for line in state["lines"].values()):
        return "no extractor passed the probes"
    cards = (read_revision(context.run, one["name"]).card for one in state["lines"].values() if one["scored"])
    if all(feature.missing == ">20%" for card in cards if card for feature in card.features):
        return (
            "no feature could be measured on four fifths of the images; "
            "the pack's measures may need masks that these images do not have"
        )
    return "no feature was steady, measurable and distinct enough on the images to enter the pool"


def _pairs(refs: tuple[FeatureRef, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((one.extractor, one.name) for one in refs)


def _ancestors(state: LoopState, sha256: str) -> list[str]:
    """Return every extractor that this one was made from, nearest first."""
    found: list[str] = []
    queue = list(state["lines"][sha256]["parents"])
    while queue:
        parent = queue.pop(0)
        if parent not in found and parent in state["lines"]:
            found.append(parent)
            queue += state["lines"][parent]["parents"]
    return found


def _actor(context: LoopContext) -> str:
    return f"scafe run, approval policy {context.approve}"


def _told(state: LoopState, context: LoopContext) -> dict[str, object]:
    """Return what the report tells of the search; nothing that differs between two equal runs."""
    outward = {"egress": sum_sent(context.run.path), "budget": sum_spent(context.run.path)}
    return {
        **{key: value for key, value in outward.items() if value},
        "pack": context.pack.id,
        "pack_version": context.pack.version,
        "drafter": context.drafter.name,
        "seed": context.seed,
        "search": context.search,
        "mode": state["mode"],
        "calls": state["calls"],
        "max_calls": context.max_calls,
        "replies": count_replies(read_lines(context.run.path / EVENTS)),
        "rounds": state["history"],
        "operators": {"tries": state["tries"], "wins": state["wins"]},
        "capped": state["capped"],
        **({"locator": state["locator"]} if state.get("locator") else {}),
        "revisions": [
            {
                "name": one.name,
                "criterion": one.criterion,
                "sha256": one.sha256,
                "operator": one.operator,
                "parents": list(one.parents),
                "round": one.round,
                "standing": one.standing,
                "reasons": list(one.reasons),
                "predicted": one.predicted,
            }
            for one in list_revisions(context.run)
        ],
    }
