"""The folder of runs: which there are, a glance at each, and the indexes of those that were opened."""

import os
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from scafe.agent.record.run_folder import RUN_FILE
from scafe.agent.record.trace import EVENTS
from scafe.agent.view.reading.glance import Glance, glance, money
from scafe.agent.view.reading.index import RunIndex
from scafe.knowledge.contract.errors import InputError

PATIENCE_S: Final = 0.12
MOST_INDEXES: Final = 8
"""Kept in memory; the one that was asked longest ago goes first."""
MOST_RUNS: Final = 20_000
Stamp = tuple[int, int, int, int]


@dataclass
class Shelf:
    """Runs in one folder, by the names of their folders alone. Safe to ask from several threads."""

    root: Path
    only: str = ""
    """Name of the one run that is shown; '' for all."""
    _known: dict[str, tuple[Stamp, Glance]] = field(default_factory=dict)
    _money: dict[str, tuple[Stamp, Decimal | None]] = field(default_factory=dict)
    _indexes: dict[str, RunIndex] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _looker: threading.Thread | None = None

    def folder(self, name: str) -> Path:
        """Return the folder of a run that is listed.

        Raises
        ------
        InputError
            No run of this name is listed; a path is no name.
        """
        if name not in self.names():
            raise InputError(f"no run {name[:80]!a} is listed here")
        return self.root / name

    def names(self) -> list[str]:
        """Return the names of folders that hold a run.json, newest name first; a link is none."""
        found = [self.only] if self.only else sorted(os.listdir(self.root), reverse=True)[:MOST_RUNS]
        return [name for name in found if _is_run(self.root / name, is_named=bool(self.only))]

    def index(self, name: str) -> RunIndex:
        """Return the index of a run's trace."""
        folder = self.folder(name)
        with self._lock:
            found = self._indexes.setdefault(name, RunIndex(folder))
            found.stamp = time.monotonic()
            while len(self._indexes) > MOST_INDEXES:
                del self._indexes[min(self._indexes, key=lambda one: self._indexes[one].stamp)]
        return found

    def glances(self, patience: float = PATIENCE_S) -> tuple[list[Glance], bool]:
        """Return what is known of every run, and whether all were looked at again."""
        names = self.names()
        with self._lock:
            if self._looker is None or not self._looker.is_alive():
                self._looker = threading.Thread(target=self._look, args=(names,), daemon=True)
                self._looker.start()
            looker = self._looker
        looker.join(patience)
        rows = [self._known[name][1] for name in names if name in self._known]
        return rows, len(rows) == len(names) and not looker.is_alive()

    def cost(self, name: str) -> Decimal | None:
        """Return what a run cost, if that is known yet."""
        return self._money[name][1] if name in self._money else None

    def stamp(self) -> tuple[tuple[str, Stamp], ...]:
        """Return what changes when any run does."""
        return tuple((name, _stamp(self.root / name)) for name in self.names())

    def _look(self, names: list[str]) -> None:
        stamps = {name: _stamp(self.root / name) for name in names}
        for name, stamp in stamps.items():
            if self._known.get(name, (None,))[0] != stamp:
                self._known[name] = (stamp, glance(self.root / name))
        for name, stamp in stamps.items():
            if self._money.get(name, (None,))[0] != stamp:
                self._money[name] = (stamp, money(self.root / name))
        for name in [name for name in list(self._known) if name not in stamps]:
            del self._known[name]


def _is_run(folder: Path, *, is_named: bool) -> bool:
    """Whether a folder holds a run.json, readable or not; a link counts only where the user named it."""
    return (is_named or not folder.is_symlink()) and os.path.lexists(folder / RUN_FILE)


def _stamp(folder: Path) -> Stamp:
    head, trace = _time_and_size(folder / RUN_FILE), _time_and_size(folder / EVENTS)
    return (*head, *trace)


def _time_and_size(path: Path) -> tuple[int, int]:
    try:
        found = os.lstat(path)
    except OSError:
        return 0, -1
    return found.st_mtime_ns, found.st_size
