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

PATIENCE_S: Final = 0.06
FRESH_S: Final = 1.0
"""Runs are looked at again after so long; a page in between shows what was seen then."""
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
    _looked: float = -FRESH_S

    def folder(self, name: str) -> Path:
        """Return the folder of a run that is listed.

        Raises
        ------
        InputError
            No run of this name is listed; a path is no name.
        """
        if not self._holds(name):
            raise InputError(f"no run {name[:80]!a} is listed here")
        return self.root / name

    def _holds(self, name: str) -> bool:
        is_plain = name not in ("", ".", "..") and "/" not in name and "\0" not in name
        if not is_plain or self.only not in ("", name):
            return False
        is_link = (self.root / name).is_symlink() and not self.only
        return not is_link and os.path.lexists(self.root / name / RUN_FILE)

    def names(self) -> list[str]:
        """Return the names of folders that hold a run.json, newest name first; a link is none."""
        if self.only:
            return [self.only] if os.path.lexists(self.root / self.only / RUN_FILE) else []
        with os.scandir(self.root) as entries:
            folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        named = sorted(folders, reverse=True)[:MOST_RUNS]
        return [name for name in named if os.path.lexists(f"{self.root}/{name}/{RUN_FILE}")]

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
            is_due = time.monotonic() - self._looked > FRESH_S or any(one not in self._known for one in names)
            if is_due and (self._looker is None or not self._looker.is_alive()):
                self._looker = threading.Thread(target=self._look, args=(names,), daemon=True)
                self._looker.start()
            looker = self._looker
        if looker is not None:
            looker.join(patience)
        rows = [self._known[name][1] for name in names if name in self._known]
        return rows, len(rows) == len(names)

    def cost(self, name: str) -> Decimal | None:
        """Return what a run cost, if that is known yet."""
        return self._money[name][1] if name in self._money else None

    def stamp(self) -> tuple[tuple[str, Stamp], ...]:
        """Return what changes when any run does."""
        return tuple((name, _stamp(self.root / name)) for name in self.names())

    def begin(self) -> None:
        """Begin to look at the runs, and to read the one that is shown alone, before anybody asks."""
        names = self.names()
        self.glances(patience=0.0)
        if len(names) == 1:
            self.index(names[0]).now(patience=0.0)

    def _look(self, names: list[str]) -> None:
        self._looked = time.monotonic()
        stamps = {name: _stamp(self.root / name) for name in names}
        for name, stamp in stamps.items():
            if self._known.get(name, (None,))[0] != stamp:
                self._known[name] = (stamp, glance(self.root / name))
                time.sleep(0.0005)  # lets a page in
        for name, stamp in stamps.items():
            if self._money.get(name, (None,))[0] != stamp:
                self._money[name] = (stamp, money(self.root / name))
        for name in [name for name in list(self._known) if name not in stamps]:
            del self._known[name]


def _stamp(folder: Path) -> Stamp:
    head, trace = _time_and_size(folder / RUN_FILE), _time_and_size(folder / EVENTS)
    return (*head, *trace)


def _time_and_size(path: Path) -> tuple[int, int]:
    try:
        found = os.lstat(path)
    except OSError:
        return 0, -1
    return found.st_mtime_ns, found.st_size
