"""The three steps: independent drafts, repairs of what was found on them, and the choice."""

from scafe.agent.brief.brief import BudgetLeft, LocatorBrief
from scafe.agent.nodes.locating.asking import Wanted, ask_all, cap_of
from scafe.agent.nodes.locating.keeping import (
    compare,
    name_of,
    seen_of,
    settle,
    source_of_line,
    take,
)
from scafe.agent.nodes.state import LocatorLine, LoopContext, LoopState, Update
from scafe.agent.record.events import CapReached, LocatorChosen, LocatorNote
from scafe.agent.record.revisions import LOCATOR
from scafe.agent.reply.reader import reader
from scafe.agent.settings.call_plan import LocatorPlan, plan_locators
from scafe.evals.disclosure.score_card import LocatorCard
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.locators.outlines import OUTLINES
from scafe.knowledge.locators.reference import locator_name
from scafe.knowledge.phantoms import load_phantom

POOR = frozenset({"<.5", ".5-.75"})
"""Bands of Dice that are worth a repair."""
UNREAD, REJECTED, DOUBTFUL, FINE = range(4)
"""How much a locator needs mending, most first."""


def draft_locators(state: LoopState, context: LoopContext) -> Update:
    """Ask for locators that are written independently of one another, and probe them on phantoms."""
    if LOCATOR in context.pack.ids:
        raise InputError(
            f"pack {context.pack.id} has a criterion {LOCATOR!r}; give it another id to draft locators"
        )
    frame = _frame(state, context)
    drafts = [frame.model_copy(update={"variant": number}) for number in range(_spread(context).drafts)]
    return _wave(state, context, [Wanted(brief, "") for brief in drafts])


def mend_locators(state: LoopState, context: LoopContext) -> Update:
    """Send back what was found: on what was rejected first, then on what the images speak against."""
    if state["capped"]:
        return {}
    frame = _frame(state, context)
    ranked = sorted(state["locators"], key=lambda line: (_need(context, line), line["task"]))
    worst = [line for line in ranked if _need(context, line) < FINE][: _spread(context).repairs]
    return _wave(state, context, [Wanted(_mending(frame, context, line), line["sha256"]) for line in worst])


def choose_locator(state: LoopState, context: LoopContext) -> Update:
    """Fix the locator of the run; where no draft passed, it is the one that ships."""
    passed = [line for line in state["locators"] if line["passed"]]
    choice = context.bench.choose_locator(tuple(source_of_line(context, line) for line in passed))
    kept = next((line for line in passed if line["sha256"] == choice.facts.sha256), None)
    for line in passed:
        settle(context, line, line is kept)
    name = "" if kept is None else name_of(kept)
    note = LocatorNote(**choice.facts.model_dump())
    context.trace.record(LocatorChosen(revision=name, why=choice.why, compared=choice.compared, locator=note))
    told = {
        "chosen": choice.chosen,
        "revision": name,
        "why": choice.why,
        "asked": str(len(state["locators"])),
    }
    return {"locator": told}


def _spread(context: LoopContext) -> LocatorPlan:
    return plan_locators(context.max_calls, context.search)


def _frame(state: LoopState, context: LoopContext) -> LocatorBrief:
    """Return what every brief for a locator of this run says; no class is named."""
    pack = context.pack
    shipped = locator_name(state["region"], pack.id, pack.modality.kind, pack.phantom)
    return LocatorBrief(
        operator="locate",
        pack_id=pack.id,
        pack_version=pack.version,
        title=pack.title,
        modality=pack.modality.kind,
        channels=pack.modality.channels,
        region=state["region"],
        outlines=OUTLINES.get(shipped or "", ""),
        pack_note=pack.prompt_note,
        beside=tuple(one.meaning for one in load_phantom(pack.phantom).nuisances),
        forbidden_shortcuts=pack.forbidden_shortcuts,
        outlined=context.bench.facts().outlined,
        budget=BudgetLeft(
            calls=max(context.max_calls - state["calls"], 0), queries=max(state["queries_left"], 0)
        ),
        seed=context.seed,
    )


def _need(context: LoopContext, line: LocatorLine) -> int:
    if not line["reply"]:
        return FINE
    if not line["sha256"]:
        return UNREAD if line["complaint"] else FINE
    if not line["passed"]:
        return REJECTED
    card = seen_of(context, line).card
    return DOUBTFUL if card is not None and _is_poor(card) else FINE


def _is_poor(card: LocatorCard) -> bool:
    rarely = card.found in ("0-20%", "20-80%") or card.status == "faulty"
    return rarely or bool({card.steadiness, card.agreement, card.given} & POOR)


def _mending(frame: LocatorBrief, context: LoopContext, line: LocatorLine) -> LocatorBrief:
    common = {"operator": "relocate", "variant": line["variant"]}
    if not line["sha256"]:
        excerpt = reader.locator(context.run.reply(line["reply"]), frame.region).excerpt
        parents = (excerpt,) if excerpt else ()
        return frame.model_copy(update={**common, "complaint": line["complaint"], "parents": parents})
    seen = seen_of(context, line)
    sources = (source_of_line(context, line),)
    return frame.model_copy(update={**common, "parents": sources, "verdict": seen.verdict, "card": seen.card})


def _wave(state: LoopState, context: LoopContext, wanted: list[Wanted]) -> Update:
    """Ask side by side, then record, keep and probe in order; what passes is compared on the images."""
    answers = ask_all(context, wanted)
    lines = list(state["locators"])
    new = [take(context, state["region"], lines, one) for one in answers]
    compare(context, [line for line in new if line["passed"]], lines)
    calls = state["calls"] + sum(one.reply is not None for one in answers)
    capped = cap_of(answers) or state["capped"]
    if capped and not state["capped"]:
        context.trace.record(CapReached(why=capped))
    return {"locators": lines, "calls": calls, "capped": capped}
