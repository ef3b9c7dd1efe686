"""The first nodes: open the bench, plan over all criteria, and ask widely before any score is seen."""

from scafe.agent.brief.brief import Operator
from scafe.agent.drafters.usage import steps_of, usage_of
from scafe.agent.nodes.composing import plan_brief
from scafe.agent.nodes.state import LoopContext, LoopState, Task, Update
from scafe.agent.record.events import BenchOpened, CapReached, Planned, Replied, RunStarted
from scafe.agent.reply.reader import reader
from scafe.knowledge.contract.errors import BudgetError


def open_bench(state: LoopState, context: LoopContext) -> Update:
    """Record what was asked for, and what may be known of the data."""
    context.trace.record(
        RunStarted(
            format=context.format,
            pack=context.pack.id,
            pack_version=context.pack.version,
            pack_sha256=context.pack_sha256,
            drafter=context.drafter.name,
            seed=context.seed,
            max_calls=context.max_calls,
            search=context.search,
            feedback=context.spec.feedback,
            approve=context.approve,
        )
    )
    facts = context.bench.facts()
    context.trace.record(BenchOpened(**facts.model_dump(exclude={"sandbox"}), host=facts.sandbox))
    known = {"mode": facts.mode, "classes": list(facts.classes), "queries_left": facts.queries}
    return {**known, "region": facts.to_locate}


def after_opening(state: LoopState) -> str:
    """Find the region first, where its locator is to be drafted."""
    return "draft_locators" if state.get("region") else "plan"


def plan(state: LoopState, context: LoopContext) -> Update:
    """Ask once for measurements of every criterion; an unreadable plan costs ideas, not the run."""
    brief = plan_brief(context, state)
    try:
        reply = context.drafter.draft(brief)
    except BudgetError as error:
        context.trace.record(CapReached(why=str(error)))
        return {"capped": str(error)}
    told = reader.plan(reply.text, tuple(one.id for one in context.pack.observable_criteria))
    kept = context.run.keep_reply(reply.text)
    context.trace.record(
        Replied(
            round=0,
            task=0,
            attempt=0,
            operator="plan",
            criterion=None,
            brief=context.run.keep_brief(brief.model_dump_json()),
            reply=kept,
            steps=tuple(steps_of(reply, told.steps)),
            complaint=told.complaint,
            usage=usage_of(reply),
        )
    )
    ideas = told.plan or {}
    context.trace.record(Planned(ideas=ideas, readable=told.plan is not None, reply=kept))
    return {"ideas": {one: list(listed) for one, listed in ideas.items()}, "calls": state["calls"] + 1}


def widen(state: LoopState, context: LoopContext) -> Update:
    """Ask for one draft of every criterion, then for a second of each, as far as the plan of calls goes."""
    spread = context.plan(state["queries_left"], state["mode"])
    left = min(context.max_calls - state["calls"], context.evaluations_left(state["lines"]))
    allowed = min(spread.drafts, left)
    if state["capped"]:
        allowed = 0
    criteria = [one.id for one in context.pack.observable_criteria if one.id not in state["struck_out"]]
    tasks: list[Task] = []
    for variant in range(-(-allowed // max(len(criteria), 1))):
        for criterion in criteria[: allowed - len(tasks)]:
            tasks.append(_draft(len(tasks), criterion, variant, state, again=not context.spreads))
    asked: Update = {"tasks": tasks, "asked": [task["operator"] for task in tasks], "round": 0}
    return {**asked, "ideas": ideas_left(state, tasks)} if context.spreads else asked


def ideas_left(state: LoopState, tasks: list[Task]) -> dict[str, list[str]]:
    """Return the plan's ideas without those handed out: a second draft with one would be the first again."""
    given = {(task["criterion"], task["idea"]) for task in tasks}
    return {
        criterion: [idea for idea in ideas if (criterion, idea) not in given]
        for criterion, ideas in state["ideas"].items()
    }


def new_task(
    number: int, operator: Operator, criterion: str, parents: list[str], idea: str, variant: int
) -> Task:
    """Return a task that begins a new line."""
    return Task(
        task=number,
        operator=operator,
        origin=operator,
        criterion=criterion,
        parents=parents,
        idea=idea,
        variant=variant,
        repairs=0,
        brief="",
        may_mend=False,
    )


def _draft(number: int, criterion: str, variant: int, state: LoopState, *, again: bool) -> Task:
    """Ask for a draft; `again`: an idea may be handed out once more where the plan has too few."""
    ideas = state["ideas"].get(criterion, [])
    place = variant % len(ideas) if ideas and again else variant
    idea = ideas[place] if place < len(ideas) else ""
    return new_task(number, "draft", criterion, [], idea, variant)
