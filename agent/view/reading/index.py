"""The index of one run: its trace read to the end once, then only what was added.

Reading stops at the first line that is no event or does not carry the hash of the line before; the index says
which, and holds what stood before it.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from scafe.agent.record.events import read_event
from scafe.agent.record.trace import EVENTS, FIRST_PREV, Line, parse_line
from scafe.agent.view.reading.happened import Happened
from scafe.agent.view.reading.tail import Tail
from scafe.knowledge.contract.errors import IntegrityError

PATIENCE_S = 0.05
"""A page waits so long for an index that is still being read, and then shows what is there."""


class Place(NamedTuple):
    """Where a line of the trace lies."""

    offset: int
    length: int
    kind: str
    ts: str


@dataclass
class Snapshot:
    """What an index knew when a page asked."""

    happened: Happened
    places: list[Place]
    fault: str
    """Why reading stopped; '' if it did not."""
    head: str
    """SHA-256 of the last line."""
    read: int
    """Bytes read."""
    size: int
    """Bytes there are."""

    @property
    def is_whole(self) -> bool:
        """Whether the trace was read to its end, or to a fault."""
        return bool(self.fault) or self.read >= self.size

    @property
    def share(self) -> int:
        """Percent read."""
        return 100 if self.size == 0 else int(100 * self.read / self.size)


@dataclass
class RunIndex:
    """Reads one run's trace, in a thread of its own if it is long. Safe to ask from several threads."""

    folder: Path
    _tail: Tail = field(init=False)
    _happened: Happened = field(default_factory=Happened)
    _places: list[Place] = field(default_factory=list)
    _prev: str = FIRST_PREV
    _fault: str = ""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _reader: threading.Thread | None = None
    stamp: float = 0.0
    """When it was last asked, for whoever forgets the oldest."""

    def __post_init__(self) -> None:
        """Begin before the first line."""
        self._tail = Tail(self.folder / EVENTS)

    def now(self, patience: float = PATIENCE_S) -> Snapshot:
        """Return what is known now; reads what was added, or as much of it as the patience allows."""
        self.stamp = time.monotonic()
        with self._lock:
            self._look()
            if self._reader is None and not self._is_done():
                self._reader = threading.Thread(target=self._read_on, daemon=True)
                self._reader.start()
            reader = self._reader
        if reader is not None:
            reader.join(patience)
        with self._lock:
            return Snapshot(
                self._happened, self._places, self._fault, self._prev, self._tail.offset, self._tail.size
            )

    def line(self, n: int) -> Line:
        """Return line n of the trace, counted from 0, as it stands in the file now."""
        place = self._places[n]
        return parse_line(self._tail.at(place.offset, place.length), f"{EVENTS}, line {n + 1}")

    def _is_done(self) -> bool:
        return bool(self._fault) or self._tail.is_at_end

    def _look(self) -> None:
        self._guarded(self._start_again_if_other)

    def _start_again_if_other(self) -> None:
        if self._tail.look():
            self._happened, self._places, self._prev, self._fault = Happened(), [], FIRST_PREV, ""

    def _read_on(self) -> None:
        while True:
            with self._lock:
                if self._is_done():
                    self._reader = None
                    return
                self._guarded(self._take_lines)
            time.sleep(0.001)  # lets a page in

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except IntegrityError as error:
            self._fault = str(error)

    def _take_lines(self) -> None:
        offset = self._tail.offset
        for raw in self._tail.lines():
            self._take(raw, offset)
            offset += len(raw) + 1

    def _take(self, raw: bytes, offset: int) -> None:
        n = len(self._places)
        where = f"{EVENTS}, line {n + 1}"
        line = parse_line(raw, where)
        if line.get("prev") != self._prev or line.get("n") != n:
            raise IntegrityError(
                f"{where}: does not carry number {n} and the hash of line {n}; one of the two was edited, "
                "or a line was removed"
            )
        try:
            event = read_event(line)
        except ValueError as error:
            told = str(error).splitlines()[0]
            raise IntegrityError(f"{where}: an event has a wrong field ({told})") from None
        ts = str(line.get("ts", ""))
        self._happened.take(n, ts, event)
        self._places.append(Place(offset, len(raw), event.kind, ts))
        self._prev = hashlib.sha256(raw).hexdigest()
