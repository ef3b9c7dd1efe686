"""One run as it happened: rounds down, criteria across; and its events and findings as lists."""

import json
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from scafe.agent.record.revisions import Revision, read_revision
from scafe.agent.terminal.progress import PHASES, STEPS, caps_of
from scafe.agent.view.pages.opened import Opened, number_of, opened, paged, shelf_of
from scafe.agent.view.reading.findings import find_findings
from scafe.agent.view.reading.happened import Cell, Round
from scafe.agent.view.rendering import page
from scafe.knowledge.contract.errors import ScafeError

ROUNDS_ON_A_PAGE = 10


@dataclass(frozen=True)
class RoundRow:
    """One round: what each criterion got in it."""

    round: Round
    cells: dict[str, list[Cell]]


def run(request: Request) -> Response:
    """Show the rounds and criteria."""
    one = opened(request)
    rows = paged(
        request, sorted(one.happened.rounds.values(), key=lambda each: each.number), ROUNDS_ON_A_PAGE
    )
    return page(
        request,
        "run",
        run=one,
        rounds=rows,
        table=_table(one, [each for each in rows.items if isinstance(each, Round)]),
        criteria=one.happened.criteria(),
        caps=caps_of(one.info.config if one.info else {}),
        cost=shelf_of(request).cost(one.name),
        counts=_counts(one),
        duration=_duration(one.happened.first, one.happened.last),
        under_way=_under_way(one) if one.is_live else "",
    )


def findings(request: Request) -> Response:
    """List what the probes found, searchable: which revision was rejected, and for what."""
    one = opened(request)
    asked = request.query_params
    severity = asked.get("severity", "")
    found = find_findings(
        one.folder,
        list(one.happened.cells.values()),
        asked.get("q", ""),
        severity,
        number_of(request, "start", 0),
    )
    return page(request, "findings", run=one, found=found, severity=severity)


def events(request: Request) -> Response:
    """Show every line of the trace, as it stands there."""
    one = opened(request)
    kind = request.query_params.get("kind", "")
    places = list(one.snapshot.places)
    numbers = [n for n, place in enumerate(places) if kind in ("", place.kind)]
    shown = paged(request, numbers)
    lines = [(n, places[n], _line(one, n)) for n in shown.items if isinstance(n, int)]
    kinds = sorted({place.kind for place in places})
    return page(request, "events", run=one, rows=shown, lines=lines, kinds=kinds, kind=kind)


def revision_of(one: Opened, name: str) -> Revision | str:
    """Return the record of a revision, or why it cannot be read."""
    try:
        return read_revision(one.folder, name)
    except ScafeError as error:
        return str(error)


def _table(one: Opened, rounds: list[Round]) -> list[RoundRow]:
    rows = {each.number: RoundRow(each, {}) for each in rounds}
    for cell in list(one.happened.cells.values()):
        if cell.round in rows:
            rows[cell.round].cells.setdefault(cell.criterion, []).append(cell)
    return list(rows.values())


def _duration(first: str, last: str) -> str:
    """Say how long it is from one event to another, waiting for persons included; '' if a time is damaged."""
    try:
        seconds = int((datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds())
    except (ValueError, TypeError):
        return ""
    hours, rest = divmod(max(0, seconds), 3600)
    return (
        f"{hours} h {rest // 60:02d} min {rest % 60:02d} s"
        if hours
        else f"{rest // 60} min {rest % 60:02d} s"
    )


def _under_way(one: Opened) -> str:
    """Say what a live run does: the phase and the step that its last telling event means."""
    standing, step = "", ""
    for place in reversed(list(one.snapshot.places)):
        step = step or STEPS.get(place.kind, "")
        standing = PHASES.get(place.kind, "")
        if standing:
            break
    return f"{standing}: {step}" if step else standing


def _counts(one: Opened) -> dict[str, int]:
    """Standing -> how many revisions stand so."""
    counts: dict[str, int] = {}
    for cell in list(one.happened.cells.values()):
        counts[cell.standing] = counts.get(cell.standing, 0) + 1
    return counts


def _line(one: Opened, n: int) -> str:
    try:
        line = one.index.line(n)
    except ScafeError as error:
        return str(error)
    left_out = ("n", "ts", "kind", "prev")
    told = {key: value for key, value in line.items() if key not in left_out}
    return "; ".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in told.items()
    )
