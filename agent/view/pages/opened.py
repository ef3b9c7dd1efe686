"""The run that a page is about: its head and its index, or why they cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from starlette.requests import Request

from scafe.agent.record.run_folder import RunFolder, RunInfo
from scafe.agent.view.reading.glance import read_head
from scafe.agent.view.reading.happened import Happened
from scafe.agent.view.reading.index import RunIndex, Snapshot
from scafe.agent.view.reading.letters import Letters
from scafe.agent.view.reading.shelf import Shelf
from scafe.knowledge.contract.errors import InputError, ScafeError


class NotYetError(ScafeError):
    """What was asked for may come: the run is still being read. The page asks again by itself."""


ROWS: Final = 50
"""Of a list on one page."""
Item = TypeVar("Item")


@dataclass(frozen=True)
class Opened:
    """What every page of a run shows at its top."""

    name: str
    path: Path
    info: RunInfo | None
    fault: str
    """Why the head cannot be read."""
    index: RunIndex
    snapshot: Snapshot

    @property
    def folder(self) -> RunFolder:
        """The run folder, for the readers of `agent.record`."""
        return RunFolder(self.path)

    @property
    def happened(self) -> Happened:
        """What the trace says."""
        return self.snapshot.happened

    @property
    def is_live(self) -> bool:
        """Whether more may come."""
        return self.info is not None and self.info.status in ("running", "waiting")


@dataclass(frozen=True)
class Paged:
    """One page of a list."""

    items: Sequence[object]
    number: int
    """From 1."""
    pages: int
    total: int


def shelf_of(request: Request) -> Shelf:
    """Return the folder of runs that this server shows."""
    shelf: Shelf = request.app.state.shelf
    return shelf


def opened(request: Request) -> Opened:
    """Open the run that the address names; InputError if none is listed under it."""
    name = request.path_params["run"]
    shelf = shelf_of(request)
    path = shelf.folder(name)
    info, fault = None, ""
    try:
        info = read_head(path)
    except ScafeError as error:
        fault = str(error)
    index = shelf.index(name)
    return Opened(name, path, info, fault, index, index.now())


def letters_of(request: Request, run: Opened) -> Letters:
    """Return the journal of a run; what was learnt of it is kept between pages."""
    kept: dict[str, Letters] = request.app.state.letters
    if run.name not in kept and len(kept) >= 8:
        kept.pop(next(iter(kept)))
    return kept.setdefault(run.name, Letters(run.path / "llm"))


def paged(request: Request, items: Sequence[Item], rows: int = ROWS) -> Paged:
    """Cut the asked page out of a list; a number out of range is the nearest page."""
    pages = max(1, -(-len(items) // rows))
    number = min(max(number_of(request, "page", 1), 1), pages)
    return Paged(items[(number - 1) * rows : number * rows], number, pages, len(items))


def number_of(request: Request, name: str, default: int) -> int:
    """Read a whole number from the query; InputError if it is none."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InputError(f"{name}={text[:40]!a} is no whole number")
    return int(text)


def require(found: Item | None, what: str) -> Item:
    """Return what was found; InputError if nothing was."""
    if found is None:
        raise InputError(f"there is no {what}")
    return found
