"""The cells that serve one extractor over one set of images: load, deal out, watch the clock, refork.

A cell that is killed or dies is blamed on the image it was at; its finished rows are kept, a fresh
cell goes on with the next image.
"""

import os
import select
import struct
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.pool import wire
from scafe.sandbox.pool.extraction import Fault, Limits
from scafe.sandbox.pool.nearness import Nearness
from scafe.sandbox.pool.process import TICK_MS, CellHandle, SandboxProcess
from scafe.sandbox.pool.rows import BrokenRecord, Head, fault_of_death, read_head, read_rows
from scafe.sandbox.system.selfattack import breaches

LOAD_SECONDS = 3.0
"""Least time that reading a module may take; a slow image limit raises it."""
DYING_MS = 500
FEW = 8
"""Images that one cell measures sooner than a second one is forked (30 ms of CPU time)."""
CHECK_SECONDS = 20.0
"""Patience with a check that takes some 4 ms."""
BROKEN = "the worker's reply was not a reply"

CPU_SECONDS = 24 * 3600
"""CPU time of one cell, behind the host's clock; a cell serves thousands of images."""

Row = tuple[float, ...] | Fault


@dataclass(frozen=True)
class CrewSettings:
    """How the cells of a crew run."""

    limits: Limits
    talkative: bool = False
    """Whether words may come back; phantoms only."""
    perturb_memory: int = 0
    """Byte that fresh memory is filled with; 0: as the allocator likes."""


@dataclass(frozen=True)
class Lent:
    """What a pool lends to those that ask its cells for something else than rows."""

    process: SandboxProcess
    nothing: int
    """Number of a set without images."""
    arena: int
    """Number of the set of images."""
    places: tuple[int, ...]
    """Where each image stands in it."""
    workers: int
    strict: bool
    """Whether a cell that broke its own wall may not serve."""

    def without_images(self) -> "Lent":
        """Return the same with no image to see."""
        return replace(self, arena=self.nothing, workers=1)

    def alone(self) -> "Lent":
        """Return the same for one cell."""
        return replace(self, workers=1)


class Crew:
    """Cells of one sandbox process, all with the same extractor, images and talkativeness."""

    kind = 0
    """Flag of what the cells run: wire.LOCATES, wire.SHARED, or 0 for one extractor."""

    def __init__(
        self, process: SandboxProcess, source: str, arena: int, settings: CrewSettings, size: int = 1
    ) -> None:
        self._process = process
        self._source = source
        self._arena = arena
        self._settings = settings
        self._talkative = settings.talkative
        self._limits = settings.limits
        self._size = size
        self._cells: list[CellHandle] = []
        self._poll = select.poll()
        self._nearness = Nearness(None)
        """Of the only cell; several cells are to run side by side."""
        self._strict = True
        self.names: tuple[str, ...] = ()
        self.fault: Fault | None = None
        self.is_looked_at = False
        """Whether the values of this crew were compared with a second look."""

    @property
    def arena(self) -> int:
        """Number of the set of images it sees."""
        return self._arena

    def serves(self, source: str, arena: int, settings: CrewSettings) -> bool:
        """Whether the same call can be answered again without new cells."""
        return (source, arena, settings) == (self._source, self._arena, self._settings) and bool(self._cells)

    def review(self, *, strict: bool) -> Head | Fault:
        """Let one cell read the extractor and end it; meant for a crew that sees no image.

        What it says (names, or the words of a refusal) cannot come from a pixel.

        Parameters
        ----------
        strict : bool
            Refuse to serve if any self-attack went through.
        """
        self._strict = strict
        cell = self._fork()
        head = self._load_into(cell)
        if isinstance(head, Head):
            self._process.end(cell)
        return head

    def load(self, names: tuple[str, ...], *, strict: bool) -> None:
        """Fork the first cell and let it load the extractor; sets `fault` if it cannot.

        Parameters
        ----------
        names : tuple of str
            As the review said them; a cell that says anything else is ended.
        strict : bool
            Refuse to serve if any self-attack went through.
        """
        self._strict = strict
        self.names = names
        first = self._recruit()
        self.fault = first if isinstance(first, Fault) else None

    def _fork(self) -> CellHandle:
        return self._process.fork(
            self._arena,
            talkative=self._talkative,
            address_bytes=self._limits.memory_mb << 20,
            cpu_seconds=CPU_SECONDS,
            perturb_memory=self._settings.perturb_memory,
            kind=self.kind,
        )

    def _load_into(self, cell: CellHandle) -> Head | Fault:
        seconds = max(LOAD_SECONDS, self._limits.image_seconds)
        try:
            cell.send_source(self._source, seconds)
            record = wire.read_exactly(cell.replies, wire.LOADED.size, seconds)
            if not record:
                return self._bury(cell, overdue=False)
            head = read_head(record, cell.serial)
        except TimeoutError:
            return self._bury(cell, overdue=True)
        except BrokenPipeError:
            return self._bury(cell, overdue=False)
        except BrokenRecord:
            self._process.end(cell)
            return Fault("killed", "", None, BROKEN if self._talkative else "")
        if head.breaches and self._strict:
            raise SandboxError(
                "a worker broke its own wall before serving: "
                + ", ".join(breaches(head.breaches))
                + "; refusing"
            )
        return head

    def _bury(self, cell: CellHandle, *, overdue: bool) -> Fault:
        status = self._process.end(cell, 0 if overdue else DYING_MS)
        return fault_of_death(status, overdue=overdue, talkative=self._talkative)

    def measure_all(self, count: int) -> list[Row]:
        """Measure images 0 to `count - 1`; one row or fault each, in order."""
        found: dict[int, Row] = {}
        self._measure(deque(wire.batches(count, self._size)), found)
        return [found[index] for index in range(count)]

    def measure_places(self, places: Sequence[int]) -> list[Row]:
        """Measure images at the given places; a few of them are not worth a second cell."""
        found: dict[int, Row] = {}
        waiting = deque(wire.runs(places, wire.batch_size(len(places), self._size)))
        if len(places) <= FEW:
            self._measure_alone(waiting, found)
        else:
            self._measure(waiting, found)
        return [found[place] for place in places]

    def measure_in(self, order: Sequence[int]) -> list[Row]:
        """Measure images one by one in the given order, an image twice if it stands there twice."""
        rows: list[Row] = []
        for index in order:
            found: dict[int, Row] = {}
            self._measure(deque([range(index, index + 1)]), found)
            rows.append(found[index])
        return rows

    def measure_batch(self, first: int, count: int) -> list[Row]:
        """Measure up to `wire.BATCH` neighbouring images in one request to one cell."""
        found: dict[int, Row] = {}
        self._measure(deque([range(first, first + count)]), found)
        return [found[index] for index in range(first, first + count)]

    def _measure(self, waiting: deque[range], found: dict[int, Row]) -> None:
        if self._size == 1:
            self._measure_alone(waiting, found)
            return
        busy: dict[int, CellHandle] = {}
        while waiting or busy:
            while waiting and len(busy) < self._size:
                self._deal(waiting, busy, found)
            for cell, rang in self._ready(busy):
                del busy[cell.replies]
                self._poll.unregister(cell.replies)
                left = self._collect(cell, found, rang)
                if left:
                    waiting.appendleft(left)

    def _measure_alone(self, waiting: deque[range], found: dict[int, Row]) -> None:
        """Do the same with one cell, without the books on who is busy: a quarter of a null call's time."""
        held = self._nearness.hold_host() if len(waiting) == 1 else None
        try:
            while waiting:
                self._measure_next(waiting, found)
        finally:
            if held:
                self._nearness.free_host(held)

    def _measure_next(self, waiting: deque[range], found: dict[int, Row]) -> None:
        batch = waiting.popleft()
        cell = self._sent(self._cells[0] if self._cells else self._recruit(), batch, waiting, found)
        if cell is None:
            return
        left = self._collect(cell, found, cell.rings(self._limits.image_seconds))
        if left:
            waiting.appendleft(left)

    def _deal(self, waiting: deque[range], busy: dict[int, CellHandle], found: dict[int, Row]) -> None:
        batch = waiting.popleft()
        idle = next((one for one in self._cells if one.replies not in busy), None)
        cell = self._sent(idle or self._recruit(), batch, waiting, found)
        if cell is not None:
            busy[cell.replies] = cell
            self._poll.register(cell.replies, select.POLLIN)

    def _sent(
        self, cell: CellHandle | Fault, batch: range, waiting: deque[range], found: dict[int, Row]
    ) -> CellHandle | None:
        """Set a cell to work on a batch; None if there is no cell or it is gone."""
        if isinstance(cell, Fault):
            found.update(dict.fromkeys(batch, cell))
            return None
        try:
            cell.send_batch(batch.start, len(batch))
        except BrokenPipeError:  # it died while idle; blaming an image keeps this from going on for ever
            left = self._give_up(cell, batch.start, batch.stop, found, None)
            waiting.extendleft([left] if left else [])
            return None
        return cell

    def _recruit(self) -> CellHandle | Fault:
        cell = self._fork()
        head = self._load_into(cell)
        if isinstance(head, Fault):
            return head
        # the same text must say the same as it did without images
        if head.refusal is not None or head.names != self.names:
            self._process.end(cell)
            return Fault("killed", "", None, BROKEN if self._talkative else "")
        self._cells.append(cell)
        self._nearness = Nearness(cell.pid if self._size == 1 else None)
        return cell

    def _ready(self, busy: dict[int, CellHandle]) -> list[tuple[CellHandle, bool]]:
        """Cells to look at, each with whether it rang; the others among them are overdue."""
        rang = self._poll.poll(TICK_MS)
        if len(rang) == len(busy):
            return [(busy[descriptor], True) for descriptor, _ in rang]
        now, answered = time.monotonic(), {descriptor for descriptor, _ in rang}
        silent = [cell for descriptor, cell in busy.items() if descriptor not in answered]
        late = [cell for cell in silent if cell.is_overdue(now, self._limits.image_seconds)]
        return [(busy[descriptor], True) for descriptor in answered] + [(cell, False) for cell in late]

    def _collect(self, cell: CellHandle, found: dict[int, Row], rang: bool) -> range | None:
        """Take the rows of one batch; return what is left of it if the cell is gone."""
        finished = rang and os.read(cell.replies, wire.DOORBELL.size) == cell.bell
        done, last = cell.count if finished else cell.done(), cell.first + cell.count
        broken = self._take(cell, done, found)
        if broken is not None:
            return self._give_up(
                cell, broken, last, found, Fault("killed", "", None, BROKEN if self._talkative else "")
            )
        if finished:
            self._nearness.settle(time.monotonic() - cell.started)
            return None
        if done >= cell.count:  # every row is there, but the cell did not live to say so
            self._cells.remove(cell)
            self._process.end(cell)
            return None
        return self._give_up(cell, cell.first + done, last, found, None, overdue=not rang)

    def _take(self, cell: CellHandle, done: int, found: dict[int, Row]) -> int | None:
        """Read the rows that are there; return the image whose row is none, if one is."""
        index, layout = cell.first, self.layout_of(cell)
        try:
            for row in read_rows(cell.rows(done), layout, cell.serial, index, talkative=self._talkative):
                found[index] = row
                index += 1
        except BrokenRecord:
            return index
        return None

    def layout_of(self, cell: CellHandle) -> struct.Struct:
        """Layout of a row, of which only the extractor's values are looked at."""
        return wire.row_layout(len(self.names), cell.record.size)

    def _give_up(
        self,
        cell: CellHandle,
        index: int,
        last: int,
        found: dict[int, Row],
        fault: Fault | None,
        *,
        overdue: bool = False,
    ) -> range | None:
        """End a cell, blame the image it was at, and return the images after it up to `last`."""
        self._cells.remove(cell)
        status = self._process.end(cell, 0 if overdue or fault else DYING_MS)
        found[index] = fault or fault_of_death(status, overdue=overdue, talkative=self._talkative)
        return range(index + 1, last) if index + 1 < last else None

    def is_unchanged(self) -> bool:
        """Ask every cell, none of them busy, whether its builtins and libraries are what they were."""
        return all(cell.is_unchanged(CHECK_SECONDS) for cell in self._cells)

    def dismiss(self) -> None:
        """End every cell and reap it."""
        for cell in self._cells:
            self._process.end(cell)
        self._cells.clear()

    def close_pipes(self) -> None:
        """Close the host's ends only; the whole process tree is about to end."""
        while self._cells:
            self._cells.pop().close()
