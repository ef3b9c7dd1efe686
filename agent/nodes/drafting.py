"""Ask and read: briefs composed in order, answered in parallel branches, collected in order again.

A branch writes no event and decides nothing: it asks the drafter, lets the ladder read the answer and
returns hashes. Which branch ends first therefore changes nothing.
"""

from langgraph.runtime import Runtime
from langgraph.types import Send

from scafe.agent.brief.brief import Brief
from scafe.agent.drafters.drafter import Reply
from scafe.agent.drafters.rename import free_name, rename_features
from scafe.agent.drafters.usage import steps_of, usage_of
from scafe.agent.nodes.composing import mend_brief, task_brief
from scafe.agent.nodes.state import Attempt, Branch, Line, LoopContext, LoopState, Result, Task, Update
from scafe.agent.record.events import CapReached, Discarded, Replied, Revised, RoundPlanned
from scafe.agent.record.revisions import Revision, write_revision
from scafe.agent.reply.parsing import one_at_a_time
from scafe.agent.reply.reply import ReadReply, read_reply
from scafe.knowledge.contract.errors import BudgetError, WaitingError
from scafe.knowledge.contract.extractor import Extractor, parse_extractor


def compose(state: LoopState, context: LoopContext) -> Update:
    """Write the briefs of the next wave and record what is asked for."""
    left = context.max_calls - state["calls"]
    tasks = state["tasks"][:left]
    spare = left - len(tasks)
    composed = []
    for index, task in enumerate(tasks):
        brief = context.run.keep_brief(task_brief(context, state, task).model_dump_json())
        composed.append(Task({**task, "brief": brief, "may_mend": index < spare}))
    context.trace.record(
        RoundPlanned(
            round=state["round"],
            operators=tuple(task["operator"] for task in composed),
            criteria=tuple(task["criterion"] for task in composed),
            parents=tuple(tuple(task["parents"]) for task in composed),
            draws=tuple(state["draws"]),
            posterior={name: (a, b) for name, (a, b) in state["beliefs"].items()},
            rng=tuple(state["rng"]),
        )
    )
    return {"tasks": composed, "wave": state["wave"] + 1, "draws": [], "beliefs": {}, "rng": []}


def fan_out(state: LoopState) -> list[Send] | str:
    """Send every task to a branch of its own; with nothing to ask, go straight on."""
    if not state["tasks"]:
        return "collect"
    return [Send("draft", Branch(wave=state["wave"], task=task)) for task in state["tasks"]]


def draft(state: Branch, *, runtime: Runtime[LoopContext]) -> Update:
    """Answer one task; runs beside its siblings."""
    return {"results": [answer(state, runtime.context)]}


def answer(branch: Branch, context: LoopContext) -> Result:
    """Ask once, and once more if the answer is malformed and a call is left for that."""
    task, brief = branch["task"], _brief(context, branch["task"]["brief"])
    attempts: list[Attempt] = []
    result = Result(
        wave=branch["wave"], task=task["task"], attempts=attempts, source=False, stopped="", why=""
    )
    for attempt in range(2 if task["may_mend"] else 1):
        try:
            reply = context.drafter.draft(brief)
        except WaitingError as error:
            return Result({**result, "stopped": "waiting", "why": str(error)})
        except BudgetError as error:
            return Result({**result, "stopped": "capped", "why": str(error)})
        with one_at_a_time:
            read = read_reply(reply.text, task["criterion"], reply.finish_reason)
        attempts.append(_attempt(context, brief, reply, read))
        if read.source is not None:
            return Result({**result, "source": True})
        if attempt == 0:
            brief = mend_brief(brief, read, task["criterion"])
    return Result({**result, "why": attempts[-1]["complaint"]})


def collect(state: LoopState, context: LoopContext) -> Update:
    """Record the answers in order, and write every readable one as a revision."""
    results = {one["task"]: one for one in state["results"] if one["wave"] == state["wave"]}
    lines, pending = dict(state["lines"]), []
    calls, capped = state["calls"], state["capped"]
    for task in state["tasks"]:
        result = results[task["task"]]
        if result["stopped"] == "waiting":
            result = _ask_again(state, task, context)
        _record_attempts(state, task, result, context)
        calls += len(result["attempts"])
        if result["stopped"] == "capped" and not capped:
            capped = result["why"]
            context.trace.record(CapReached(why=capped))
        if result["source"]:
            pending += _keep(state, task, result, lines, context)
        elif not result["stopped"]:
            _discard(state, task, f"no extractor could be read: {result['why']}", context)
    return {"lines": lines, "pending": pending, "calls": calls, "capped": capped, "tasks": []}


def _brief(context: LoopContext, sha256: str) -> Brief:
    return Brief.model_validate_json(context.run.brief(sha256))


def _attempt(context: LoopContext, brief: Brief, reply: Reply, read: ReadReply) -> Attempt:
    return Attempt(
        brief=context.run.keep_brief(brief.model_dump_json()),
        reply=context.run.keep_reply(reply.text),
        steps=steps_of(reply, read.steps),
        complaint=read.complaint,
        usage=usage_of(reply),
    )


def _ask_again(state: LoopState, task: Task, context: LoopContext) -> Result:
    """Ask a person again whose answer was not there when the branch ran."""
    result = answer(Branch(wave=state["wave"], task=task), context)
    if result["stopped"] == "waiting":
        raise WaitingError(result["why"])
    return result


def _record_attempts(state: LoopState, task: Task, result: Result, context: LoopContext) -> None:
    for number, attempt in enumerate(result["attempts"]):
        context.trace.record(
            Replied(
                round=state["round"],
                task=task["task"],
                attempt=number,
                operator=task["operator"],
                criterion=task["criterion"],
                brief=attempt["brief"],
                reply=attempt["reply"],
                steps=tuple(attempt["steps"]),
                complaint=attempt["complaint"],
                usage=attempt["usage"],
            )
        )


def _keep(
    state: LoopState, task: Task, result: Result, lines: dict[str, Line], context: LoopContext
) -> list[str]:
    """Write a revision; return its SHA-256, or nothing if the run has it already."""
    read = read_reply(context.run.reply(result["attempts"][-1]["reply"]), task["criterion"])
    extractor, renamed = _with_free_names(parse_extractor(read.source or ""), task, lines)
    if extractor.sha256 in lines:
        _discard(state, task, f"the same source as {lines[extractor.sha256]['name']}", context)
        return []
    revision = _revision(state, task, extractor, lines)
    write_revision(context.run, revision, extractor.source)
    context.trace.record(
        Revised(
            criterion=revision.criterion,
            number=revision.number,
            sha256=revision.sha256,
            operator=revision.operator,
            parents=revision.parents,
            predicted=revision.predicted,
            renamed=renamed,
        )
    )
    lines[extractor.sha256] = _line(revision, extractor, task)
    return [extractor.sha256]


def _with_free_names(
    extractor: Extractor, task: Task, lines: dict[str, Line]
) -> tuple[Extractor, dict[str, str]]:
    """Rename features whose names another line of the run has: drafts are written blind.

    A repair takes the place of what it mends and a simplification that of its parent, so these keep
    the names of their own line.
    """
    own = _own_line(task, lines)
    taken = {name for sha256, line in lines.items() if sha256 not in own for name in line["features"]}
    renamed: dict[str, str] = {}
    for name in extractor.names:
        others = {*taken, *extractor.names, *renamed.values()} - {name}
        if name in taken:
            renamed[name] = free_name(name, others | {name})
    return parse_extractor(rename_features(extractor.source, renamed)), renamed


def _own_line(task: Task, lines: dict[str, Line]) -> set[str]:
    """Return the revisions whose place an answer takes: its parent, and what that one mended."""
    own: set[str] = set()
    parents, takes_place = task["parents"], task["operator"] in ("repair", "simplify")
    while takes_place and parents and parents[0] in lines:
        line = lines[parents[0]]
        own.add(parents[0])
        parents, takes_place = line["parents"], line["repairs"] > 0 or line["origin"] == "simplify"
    return own


def _revision(state: LoopState, task: Task, extractor: Extractor, lines: dict[str, Line]) -> Revision:
    number = 1 + sum(line["criterion"] == extractor.criterion for line in lines.values())
    return Revision(
        criterion=extractor.criterion,
        number=number,
        sha256=extractor.sha256,
        operator=task["operator"],
        parents=tuple(task["parents"]),
        round=state["round"],
        predicted={feature.name: feature.direction for feature in extractor.features},
    )


def _line(revision: Revision, extractor: Extractor, task: Task) -> Line:
    return Line(
        name=revision.name,
        criterion=revision.criterion,
        origin=task["origin"],
        parents=list(task["parents"]),
        features=list(extractor.names),
        accepted=[],
        pooled=[],
        repairs=task["repairs"],
        scored=False,
        round=revision.round,
        variant=task["variant"],
        idea=task["idea"],
    )


def _discard(state: LoopState, task: Task, reason: str, context: LoopContext) -> None:
    context.trace.record(
        Discarded(round=state["round"], task=task["task"], criterion=task["criterion"], reason=reason)
    )
