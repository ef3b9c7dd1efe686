"""Ask and read: briefs composed in order, answered in parallel branches, collected in order again.

A branch writes no event and decides nothing: it asks the drafter, lets the ladder read the answer and
returns hashes. Which branch ends first therefore changes nothing.
"""

from langgraph.runtime import Runtime
from langgraph.types import Send

from scafe.agent.brief.brief import Brief
from scafe.agent.drafters.drafter import Reply
from scafe.agent.drafters.usage import steps_of, usage_of
from scafe.agent.nodes.composing import mend_brief, task_brief
from scafe.agent.nodes.naming import with_numbers
from scafe.agent.nodes.state import (
    Attempt,
    Branch,
    Line,
    LoopContext,
    LoopState,
    Request,
    Result,
    Task,
    Update,
)
from scafe.agent.record.events import CapReached, Declined, Discarded, Replied, Revised, RoundPlanned
from scafe.agent.record.revisions import Revision, write_revision
from scafe.agent.reply.reader import reader
from scafe.agent.reply.reply import ReadReply
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
        read = reader.reply(reply.text, task["criterion"], reply.finish_reason, may_decline=brief.may_decline)
        attempts.append(_attempt(context, brief, reply, read))
        if read.source is not None:
            return Result({**result, "source": True})
        if read.declined is not None:
            return Result({**result, "declined": True, "why": read.declined})
        if attempt == 0:
            brief = mend_brief(brief, read, task["criterion"])
    return Result({**result, "why": attempts[-1]["complaint"]})


def collect(state: LoopState, context: LoopContext) -> Update:
    """Record the answers in order, and write every readable one as a revision."""
    results = {one["task"]: one for one in state["results"] if one["wave"] == state["wave"]}
    lines, pending, repeated = dict(state["lines"]), [], list(state.get("repeated", []))
    declined = list(state.get("declined", []))
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
            fresh = _keep(state, task, result, lines, context)
            pending += fresh
            repeated += [] if fresh else [_request(task)]
        elif result.get("declined"):
            _decline(state, task, result, context)
            repeated.append(_request(task))
            declined.append(_request(task))
        elif not result["stopped"]:
            _discard(state, task, f"no extractor could be read: {result['why']}", context)
    done = {"calls": calls, "capped": capped, "tasks": [], "repeated": repeated, "declined": declined}
    return {"lines": lines, "pending": pending, **done}


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
    read = reader.reply(context.run.reply(result["attempts"][-1]["reply"]), task["criterion"])
    extractor, renamed = parse_extractor(read.source or ""), dict[str, str]()
    if context.numbers_names:
        extractor, renamed = with_numbers(extractor, task, lines)
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


def _request(task: Task) -> Request:
    return Request(origin=task["origin"], criterion=task["criterion"], parents=task["parents"])


def _decline(state: LoopState, task: Task, result: Result, context: LoopContext) -> None:
    context.trace.record(
        Declined(
            round=state["round"],
            task=task["task"],
            operator=task["operator"],
            criterion=task["criterion"],
            parents=tuple(task["parents"]),
            reason=result["why"],
        )
    )


def _discard(state: LoopState, task: Task, reason: str, context: LoopContext) -> None:
    context.trace.record(
        Discarded(round=state["round"], task=task["task"], criterion=task["criterion"], reason=reason)
    )
