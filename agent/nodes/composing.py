"""Briefs, composed from the pack, the plan, verdicts, disclosed score cards and what is left to spend."""

from scafe.agent.brief.brief import Brief, BudgetLeft, Feedback
from scafe.agent.nodes.bank import bank
from scafe.agent.nodes.state import LoopContext, LoopState, Task
from scafe.agent.record.revisions import Revision, read_revision, read_source
from scafe.agent.reply.reply import ReadReply, malformed_verdict
from scafe.knowledge.criteria.pack import ReferenceRegion
from scafe.sandbox.probes.verdict import Verdict


def plan_brief(context: LoopContext, state: LoopState) -> Brief:
    """Ask for measurements of all criteria at once."""
    return _frame(context, state).model_copy(
        update={"operator": "plan", "criteria": context.pack.observable_criteria}
    )


def task_brief(context: LoopContext, state: LoopState, task: Task) -> Brief:
    """Compose the brief of one task; blind drafts see no score, no bank and no other extractor."""
    brief = _frame(context, state).model_copy(
        update={
            "operator": task["operator"],
            "criterion": context.pack.criterion(task["criterion"]),
            "idea": task["idea"],
            "variant": task["variant"],
        }
    )
    if task["operator"] == "draft":
        return brief
    parents = [read_revision(context.run, state["lines"][sha256]["name"]) for sha256 in task["parents"]]
    seen = _seen(context, parents[0]) if parents else {}
    if task["operator"] != "repair":
        seen["bank"] = bank(state, context, task)
    if context.may_decline and parents:
        seen["may_decline"] = True
    sources = tuple(read_source(context.run, one) for one in parents)
    return brief.model_copy(update={"parents": sources, **seen})


def mend_brief(brief: Brief, read: ReadReply, criterion: str) -> Brief:
    """Ask the author of a malformed answer to write it again in the agreed form."""
    return brief.model_copy(
        update={
            "operator": "repair",
            "parents": (read.excerpt,) if read.excerpt else (),
            "verdict": malformed_verdict(read, criterion),
            "feedback": None,
            "bank": (),
        }
    )


def _frame(context: LoopContext, state: LoopState) -> Brief:
    """Return what every brief of a run says."""
    pack = context.pack
    return Brief(
        operator="draft",
        pack_id=pack.id,
        pack_version=pack.version,
        title=pack.title,
        modality=pack.modality.kind,
        channels=pack.modality.channels,
        purpose=pack.purpose,
        classes=tuple(state["classes"]),
        mode="gated" if state["mode"] == "gated" else "blind",
        unobservable=tuple(one.id for one in pack.criteria if one.observable == "no_image"),
        region=(pack.region or "") if context.goes_by_merit else "",
        reference_region=_region(pack.reference_region, _inside(context)),
        forbidden_shortcuts=pack.forbidden_shortcuts,
        pack_note=pack.prompt_note,
        taken_names=tuple(sorted({name for _, name in state["pool"]})),
        budget=BudgetLeft(
            calls=max(context.max_calls - state["calls"], 0), queries=max(state["queries_left"], 0)
        ),
        seed=context.seed,
    )


def _inside(context: LoopContext) -> str:
    return (context.pack.region if context.tells_ends else None) or "lesion"


def _region(region: ReferenceRegion, inside: str) -> str:
    if region.kind == "none":
        return ""
    return (
        f"a ring around the {inside}, from {region.inner_frac:g} to {region.outer_frac:g} of the square root "
        f"of the {inside}'s area outside its border; below {region.min_px} pixels return NaN"
    )


def _seen(context: LoopContext, parent: Revision) -> dict[str, object]:
    """Return what a drafter may know of the extractor it revises."""
    seen: dict[str, object] = {"verdict": _without_values(parent.verdict)}
    if parent.card is not None:
        seen["feedback"] = Feedback(card=parent.card, predicted=parent.predicted)
    return seen


def _without_values(verdict: Verdict | None) -> Verdict | None:
    """Drop the phantom values behind the novelty check: they would fill the brief and say nothing."""
    if verdict is None:
        return None
    features = tuple(one.model_copy(update={"fingerprint": ()}) for one in verdict.features)
    return verdict.model_copy(update={"features": features})
