"""A run read for an export: every event checked, every revision with its record and source."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scafe.agent.record.events import read_event
from scafe.agent.record.revisions import Revision
from scafe.agent.record.run_folder import RunFolder, RunInfo
from scafe.agent.record.trace import EVENTS, Line, read_lines
from scafe.agent.view.reading.findings import read_code, read_record
from scafe.agent.view.reading.happened import Cell, Happened
from scafe.knowledge.contract.errors import InputError


@dataclass(frozen=True)
class WholeRun:
    """One run, read to its end."""

    folder: RunFolder
    info: RunInfo
    happened: Happened
    lines: list[Line]
    """The trace, as parsed."""

    @property
    def cells(self) -> list[Cell]:
        """Revisions in the order in which they were made."""
        return list(self.happened.cells.values())

    def record(self, cell: Cell) -> Revision:
        """Return the record of a revision; IntegrityError if it is damaged."""
        return read_record(self.folder, cell)

    def source(self, cell: Cell) -> str:
        """Return its source; IntegrityError if it cannot be read."""
        return read_code(self.folder, cell)


def read_whole(folder: RunFolder) -> WholeRun:
    """Read a run.

    Raises
    ------
    IntegrityError
        A line of the trace is no event or does not fit the chain: a damaged run is not handed on.
    InputError
        It has no events yet.
    """
    path = folder.path / EVENTS
    lines = list(read_lines(path)) if path.is_file() else []
    if not lines:
        raise InputError(f"run {folder.path.name} has no events yet, so there is nothing to export")
    happened = Happened()
    for line in lines:
        happened.take(line["n"], str(line["ts"]), read_event(line))
    return WholeRun(folder, folder.info(), happened, lines)


def new_place(path: Path) -> Path:
    """Return a place to write to; InputError if something stands there."""
    if path.exists() or path.is_symlink():
        raise InputError(f"{path} exists already; name another place with --into")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def metrics(run: WholeRun) -> Iterator[tuple[str, float]]:
    """Yield (name, value) of what a run came to."""
    opened, finished = run.happened.told.opened, run.happened.told.finished
    if opened is not None:
        for name, value in (
            ("auc", opened.auc),
            ("auc_low", opened.low),
            ("auc_high", opened.high),
            ("baseline_auc", opened.baseline_auc),
            ("permuted_auc", opened.permuted_auc),
            ("development_auc", opened.dev_auc),
            ("auc_minus_baseline", opened.difference),
        ):
            if value is not None and value == value:
                yield name, float(value)
    if run.happened.told.frozen is not None:
        yield "selected_features", float(run.happened.told.frozen.features)
    if finished is not None:
        yield "calls", float(finished.calls)
    yield "revisions", float(len(run.cells))
