"""What was sent, byte for byte, in order: a list that is searched, and each request whole."""

import json
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from scafe.agent.egress.journal import RequestRecord
from scafe.agent.view.pages.opened import (
    ROWS,
    NotYetError,
    Opened,
    letters_of,
    number_of,
    opened,
    paged,
    require,
    shelf_of,
)
from scafe.agent.view.reading.letters import Letter
from scafe.agent.view.rendering import page
from scafe.knowledge.contract.errors import InputError, ScafeError
from scafe.knowledge.contract.plain_json import read_json

CHECKS: Final = (
    "Before a byte left, each request was held to the run's egress level and searched for contraband: "
    "images, arrays of numbers, long base64, paths and the names of patients and files; what a client was "
    "about to send was compared word for word with what it was given."
)


def egress(request: Request) -> Response:
    """List the requests."""
    one = opened(request)
    letters = letters_of(request, one)
    known = letters.order(one.happened.calls)
    order = known.items
    text = request.query_params.get("q", "")
    start = number_of(request, "start", 0)
    if text:
        places, stopped = letters.search(order, text, start, ROWS)
        rows = None
    else:
        rows = paged(request, range(len(order)))
        places, stopped = [place for place in rows.items if isinstance(place, int)], len(order)
    listed = [(place, order[place][0], _letter(request, one, order[place])) for place in places]
    return page(
        request,
        "egress",
        run=one,
        listed=listed,
        rows=rows,
        total=len(order),
        is_whole=known.is_whole,
        stopped=stopped if stopped < len(order) else None,
        cost=shelf_of(request).cost(one.name),
        checks=CHECKS,
        text=text,
    )


def of_call(request: Request) -> Response:
    """Go to the request that a call of the trace was."""
    one = opened(request)
    number = int(request.path_params["call"])
    known = letters_of(request, one).order(one.happened.calls)
    order = known.items
    places = [place for place, (call, _) in enumerate(order, start=1) if call == number]
    if not places and not known.is_whole:
        raise NotYetError("the journal is still being read")
    if not places:
        raise InputError(
            f"nothing was sent for call {number}: the drafter works here, or there is no such call"
        )
    return RedirectResponse(request.url_for("letter", run=one.name, place=places[0]).path, 303)


def letter(request: Request) -> Response:
    """Show one request whole: the bytes, what the brief held, what came back."""
    one = opened(request)
    letters = letters_of(request, one)
    order = letters.order(one.happened.calls).items
    place = int(request.path_params["place"]) - 1
    require(order[place] if 0 <= place < len(order) else None, f"request {place + 1}: {len(order)} were sent")
    found = _letter(request, one, order[place])
    number = order[place][0]
    call = one.happened.calls[number - 1] if number else None
    brief = _brief(one, call.brief) if call else None
    return page(
        request,
        "letter",
        run=one,
        place=place + 1,
        total=len(order),
        found=found,
        call=call,
        brief=brief,
        messages=_messages(found.request) if isinstance(found, Letter) else [],
        checks=CHECKS,
    )


def _letter(request: Request, one: Opened, entry: tuple[int | None, str]) -> Letter | str:
    try:
        return letters_of(request, one).letter(*entry)
    except ScafeError as error:
        return str(error)


def _brief(one: Opened, sha256: str) -> dict[str, Any] | str:
    """Return what the brief held, field by field, or why it cannot be read."""
    try:
        found = read_json(one.folder.brief(sha256).encode("utf-8", "surrogatepass"), f"briefs/{sha256}.json")
    except (ScafeError, OSError) as error:
        return str(error)
    if not isinstance(found, dict):
        return f"briefs/{sha256}.json is not a brief"
    return {key: _in_words(value) for key, value in found.items() if value not in (None, "", [], {})}


def _in_words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    return json.dumps(value, indent=1, ensure_ascii=False)


def _messages(record: RequestRecord) -> list[tuple[str, str]]:
    """Return (role, text) of a chat body; one text for what a person was given."""
    try:
        said = read_json(record.body.encode("utf-8", "surrogatepass"), "body")
        return [(str(one["role"]), str(one["content"])) for one in said["messages"]]
    except (ScafeError, KeyError, TypeError):
        return []
