"""All runs in a table that sorts and filters, and two or more of them side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from scafe.agent.view.pages.opened import paged, shelf_of
from scafe.agent.view.reading.glance import Glance, glance
from scafe.agent.view.reading.shelf import Shelf
from scafe.agent.view.rendering import page
from scafe.knowledge.contract.errors import InputError

MOST_COMPARED: Final = 6
COLUMNS: Final[dict[str, tuple[str, Callable[["Row"], Any]]]] = {
    "started": ("started (UTC)", lambda row: row.glance.started),
    "pack": ("pack", lambda row: row.glance.pack),
    "model": ("model", lambda row: row.glance.model),
    "data": ("data", lambda row: row.glance.data_sha256),
    "status": ("state", lambda row: row.glance.status),
    "auc": ("AUC (95 % CI)", lambda row: row.glance.auc),
    "gain": ("vs baseline (95 % CI)", lambda row: row.glance.gain),
    "calls": ("calls", lambda row: row.glance.calls),
    "cost": ("money", lambda row: row.cost),
}
"""Column -> its heading, and what it sorts by."""


@dataclass(frozen=True)
class Row:
    """One run in the table."""

    glance: Glance
    cost: Decimal | None


def runs(request: Request) -> Response:
    """Show the table of runs."""
    shelf = shelf_of(request)
    glances, is_complete = shelf.glances()
    asked = request.query_params
    rows = [Row(one, shelf.cost(one.name)) for one in glances if _fits(one, asked.get("q", ""), asked)]
    sort = asked.get("sort", "started")
    if sort not in COLUMNS:
        raise InputError(f"runs do not sort by {sort[:40]!a}; by {', '.join(COLUMNS)}")
    is_descending = asked.get("order", "down" if sort == "started" else "up") == "down"
    return page(
        request,
        "runs",
        rows=paged(request, _sorted(rows, sort, is_descending)),
        known=len(glances),
        is_complete=is_complete,
        columns=COLUMNS,
        sort=sort,
        is_descending=is_descending,
        states=sorted({one.status for one in glances if one.status}),
        packs=sorted({one.pack for one in glances if one.pack}),
    )


def compare(request: Request) -> Response:
    """Show some runs side by side."""
    names = list(dict.fromkeys(request.query_params.getlist("run")))
    if not 2 <= len(names) <= MOST_COMPARED:
        raise InputError(f"{len(names)} runs were chosen; choose 2 to {MOST_COMPARED} to compare")
    shelf = shelf_of(request)
    glances = [glance(shelf.folder(name)) for name in names]
    return page(
        request,
        "compare",
        glances=glances,
        costs=[shelf.cost(name) for name in names],
        selected=[_selected(shelf, name) for name in names],
    )


def _selected(shelf: Shelf, name: str) -> dict[str, list[str]]:
    """Criterion -> its selected features."""
    found: dict[str, list[str]] = {}
    for cell in list(shelf.index(name).now(patience=0.02).happened.cells.values()):
        if cell.selected:
            found.setdefault(cell.criterion, []).extend(cell.selected)
    return found


def _fits(one: Glance, text: str, asked: Any) -> bool:
    told = " ".join((one.name, one.pack, one.model, one.status, one.data_sha256, one.fault)).casefold()
    return (
        all(word in told for word in text.casefold().split())
        and asked.get("state", "") in ("", one.status)
        and asked.get("pack", "") in ("", one.pack)
    )


def _sorted(rows: list[Row], column: str, is_descending: bool) -> list[Row]:
    """Sort by one column; what has no value there comes last either way."""
    value = COLUMNS[column][1]
    known = [row for row in rows if value(row) not in (None, "")]
    known.sort(key=value, reverse=is_descending)
    return known + [row for row in rows if value(row) in (None, "")]
