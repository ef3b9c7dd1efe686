"""Who decided at the gates, what waits for a person, and the forms by which he decides or answers."""

from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scafe.agent.drafters.mailbox import place_text
from scafe.agent.record.adoption import require_ours
from scafe.agent.record.escalation import escalate
from scafe.agent.view.pages.opened import Opened, opened
from scafe.agent.view.reading.waiting import gate_waiting, prompts_waiting
from scafe.agent.view.rendering import page
from scafe.agent.view.resuming import Resumes
from scafe.knowledge.contract.errors import InputError, ScafeError

DECISIONS: Final = ("approve", "modify", "reject", "escalate")
MOST_CHARACTERS: Final = 2000
"""Of a name or a meaning."""


def approvals(request: Request) -> Response:
    """Show the decisions, and what waits."""
    return _page(request, opened(request))


def decide(request: Request) -> Response:
    """Take a decision at the gate where the run waits, as `scafe resume RUN --name` does."""
    # The process that put the question may still be ending, and takes no decision any more.
    _resumes(request).settle(request.path_params["run"])
    one = opened(request)
    form: QueryParams = request.state.form
    try:
        _decide(request, one, form)
    except ScafeError as error:
        return _page(request, one, str(error), 422)
    return _back(one)


def answer(request: Request) -> Response:
    """Keep a pasted reply, as `scafe reply RUN FILE` does."""
    one = opened(request)
    form: QueryParams = request.state.form
    try:
        require_ours(one.folder)
        place_text(one.path, form.get("number", ""), form.get("reply", ""))
    except (ScafeError, OSError) as error:
        return _page(request, one, str(error), 422)
    return _back(one)


def go_on(request: Request) -> Response:
    """Send a run on that has what it waited for, as `scafe resume RUN` does."""
    _resumes(request).settle(request.path_params["run"])
    one = opened(request)
    try:
        _send_on(request, one, None)
    except ScafeError as error:
        return _page(request, one, str(error), 422)
    return _back(one)


def _decide(request: Request, one: Opened, form: QueryParams) -> None:
    verb, name, meaning = (form.get(key, "").strip() for key in ("decision", "name", "meaning"))
    drop = form.getlist("drop")
    gate = gate_waiting(one.info, one.happened) if one.info else None
    if gate is None or gate.gate != form.get("gate"):
        raise InputError("the run does not wait at this gate (any more); load the page again")
    if verb not in DECISIONS or not name or len(name) > MOST_CHARACTERS or len(meaning) > MOST_CHARACTERS:
        raise InputError("choose a decision and give a name: who decides is recorded")
    if verb == "escalate":
        escalate(one.folder, name, meaning)
        return
    known = {item.name for item in gate.items}
    if (verb == "modify") != bool(drop) or not set(drop) <= known:
        raise InputError("mark what is left out to modify; mark nothing to approve or reject")
    decided = {"gate": gate.gate, "name": name, "meaning": meaning, "drop": drop, "reject": verb == "reject"}
    _send_on(request, one, decided)


def _send_on(request: Request, one: Opened, decided: dict[str, Any] | None) -> None:
    """Send the run on; InputError if it says at once why it does not go."""
    require_ours(one.folder)
    if fault := _resumes(request).send_on(one.name, one.path, decided).fault:
        raise InputError(fault)


def _page(request: Request, one: Opened, fault: str = "", status: int = 200) -> Response:
    resumed = _resumes(request).of(one.name)
    # A process that has just come to a gate says so before it ends: what waits is shown then, too.
    is_waiting = one.info is not None and one.info.status == "waiting"
    return page(
        request,
        "approvals",
        status,
        run=one,
        decided=list(one.happened.decided),
        escalated=list(one.happened.escalated),
        gate=gate_waiting(one.info, one.happened) if one.info else None,
        prompts=prompts_waiting(one.path, one.info) if one.info else [],
        fault=fault or (resumed.fault if resumed else ""),
        is_at_work=resumed is not None and resumed.is_running and not is_waiting,
        person=str(one.info.config.get("person") or "") if one.info else "",
    )


def _resumes(request: Request) -> Resumes:
    resumes: Resumes = request.app.state.resumes
    return resumes


def _back(one: Opened) -> Response:
    return RedirectResponse(f"/run/{one.name}/approvals", 303)
