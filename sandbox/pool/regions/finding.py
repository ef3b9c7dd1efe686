"""Run a locator over images in the sandbox: deal out, watch the clock, read masks, look twice.

What it does *not* do: believe a cell. Of an answer the host knows the size, and it checks every field.
"""

import math
import secrets
import time
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scafe.sandbox.pool import second_look, wire
from scafe.sandbox.pool.crew import BROKEN, Crew, CrewSettings, Lent, Row
from scafe.sandbox.pool.extraction import Fault, ImageAndMask
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.pool.process import CellHandle
from scafe.sandbox.pool.regions.located import Located, Region
from scafe.sandbox.pool.rows import BrokenRecord, fault_of
from scafe.sandbox.system.doctor import SandboxReport

Shape = tuple[int, ...]
Found = Region | Fault
ONE_IN_PHANTOMS = 4
"""Phantoms among which one is looked at again."""


class LocatorCrew(Crew):
    """Cells that have loaded a locator; dealt one image at a time, since a mask is worth a message."""

    def __init__(self, lent: Lent, source: str, shapes: Sequence[Shape], settings: CrewSettings) -> None:
        super().__init__(lent.process, source, lent.arena, settings, max(1, min(lent.workers, len(shapes))))
        self._shapes = shapes
        self._masks: dict[int, NDArray[np.bool_]] = {}

    kind = wire.LOCATES

    def locate_in(self, order: Sequence[int]) -> list[Found]:
        """Locate on the images at these places of the arena, each at most once."""
        rows: dict[int, Row] = {}
        self._measure(deque(range(index, index + 1) for index in order), rows)
        return [self._found(index, rows[index]) for index in order]

    def _found(self, index: int, row: Row) -> Found:
        return row if isinstance(row, Fault) else Region(self._masks[index], row[0])

    def _collect(self, cell: CellHandle, found: dict[int, Row], rang: bool) -> range | None:
        index = cell.first
        try:
            if rang and (row := self._answer(cell)) is not None:
                found[index] = row
                return None
        except BrokenRecord:
            broken = Fault("killed", "", None, BROKEN if self._talkative else "")
            return self._give_up(cell, index, index + 1, found, broken)
        except TimeoutError:
            rang = False
        return self._give_up(cell, index, index + 1, found, None, overdue=not rang)

    def _answer(self, cell: CellHandle) -> Row | None:
        """Read one answer with its mask; None if the cell is gone."""
        seconds = self._limits.image_seconds
        head = wire.read_exactly(cell.replies, wire.REGION.size, seconds)
        if len(head) < wire.REGION.size:
            return None
        serial, index, status, exception, line, confidence, words = wire.REGION.unpack(head)
        if serial != cell.serial or index != cell.first:
            raise BrokenRecord
        row: Row = (_confidence(confidence),)
        if status != wire.FINE:
            row = fault_of(status, exception, line, wire.text_of(words) if self._talkative else "")
        elif not self._read_mask(cell, index, seconds):
            return None
        rung = wire.read_exactly(cell.replies, wire.DOORBELL.size, seconds)
        if rung != cell.bell:
            raise BrokenRecord
        return row

    def _read_mask(self, cell: CellHandle, index: int, seconds: float) -> bool:
        height, width = self._shapes[index][:2]
        bits = wire.read_exactly(cell.replies, -(-height * width // 8), seconds)
        if len(bits) < -(-height * width // 8):
            return False
        flat = np.unpackbits(np.frombuffer(bits, np.uint8), count=height * width)
        mask = flat.astype(np.bool_).reshape(height, width)
        mask.setflags(write=False)
        self._masks[index] = mask
        return True


def locate(
    pool: Pool,
    source: str,
    images: Sequence[NDArray[np.uint8]],
    *,
    talkative: bool = False,
    twice: bool = False,
) -> Located:
    """Run one locator over images; regions come back in their order.

    Cells meet the images in the order of a hash of each and see no mask. Of patient images one in 16, and at
    least three, is located again in a fresh cell; a difference is a fault of kind 'state' on every image.

    Parameters
    ----------
    pool : Pool
        The sandbox, open.
    source : str
        The locator's module; anything at all may stand in it.
    images : sequence of (H, W, C) uint8 arrays
        Sizes and channel counts may differ.
    talkative : bool
        Whether words of the locator may come back; phantoms only.
    twice : bool
        Look at a quarter of phantoms again, in another order, process and memory.

    Returns
    -------
    Located
        Faults are data, one per image.

    Raises
    ------
    SandboxError
        If the pool is not open, or the sandbox itself fails.
    """
    bare = [ImageAndMask(one, np.ones(one.shape[:2], np.bool_)) for one in images]
    with pool.lent(bare) as lent:
        settings = CrewSettings(pool.limits, talkative)
        head = _reviewed(lent, source, settings, pool.report)
        if isinstance(head, Fault):
            return Located("", (head,) * len(images), 0.0)
        began = time.perf_counter()
        found = _located(lent, source, head, settings, [one.shape for one in images], twice)
        return Located(head, found, time.perf_counter() - began)


def _reviewed(lent: Lent, source: str, settings: CrewSettings, report: SandboxReport) -> str | Fault:
    """Have the source read in a cell that sees no image; return the region's name."""
    blind = LocatorCrew(lent.without_images(), source, (), CrewSettings(settings.limits, True))
    head = blind.review(strict=report.is_strong_enough)
    if isinstance(head, Fault):
        return Fault(head.kind, head.exception, head.line, head.message if settings.talkative else "")
    return head.refusal or head.names[0]


def _located(
    lent: Lent, source: str, name: str, settings: CrewSettings, shapes: Sequence[Shape], twice: bool
) -> tuple[Found, ...]:
    stood = [shapes[index] for index in sorted(range(len(shapes)), key=lambda index: lent.places[index])]
    found = _run(lent, source, name, settings, stood, range(len(shapes)))
    if found and (twice or not settings.talkative):
        some = second_look.chosen(len(found), secrets.token_bytes(16))
        order = tuple(range(len(found)))[::-ONE_IN_PHANTOMS] if twice else some
        fresh = CrewSettings(settings.limits, False, second_look.PATTERN)
        again = _run(lent.alone(), source, name, fresh, stood, order)
        if not _agree([found[place] for place in order], again):
            found = [second_look.DIFFERS] * len(found)
    return tuple(found[place] for place in lent.places)


def _run(
    lent: Lent,
    source: str,
    name: str,
    settings: CrewSettings,
    shapes: Sequence[Shape],
    order: Sequence[int],
) -> list[Found]:
    """Locate in cells of their own; CHANGED on every image if a cell changed what it runs on."""
    crew = LocatorCrew(lent, source, shapes, settings)
    crew.load((name,), strict=lent.strict)
    if crew.fault is not None:
        return [crew.fault] * len(order)
    found = crew.locate_in(order)
    changed = not crew.is_unchanged()
    crew.dismiss()
    return [second_look.CHANGED] * len(order) if changed else found


def _agree(first: Sequence[Found], again: Sequence[Found]) -> bool:
    return all(_same(one, other) for one, other in zip(first, again, strict=True))


def _same(one: Found, other: Found) -> bool:
    if isinstance(one, Fault) or isinstance(other, Fault):
        ended = any(isinstance(row, Fault) and row.kind in second_look.ENDED for row in (one, other))
        return ended or (
            isinstance(one, Fault)
            and isinstance(other, Fault)
            and second_look.comparable(one) == second_look.comparable(other)
        )
    return one.confidence == other.confidence and np.array_equal(one.mask, other.mask)


def _confidence(value: float) -> float:
    """Round to three decimals here: bits below are a channel, and the cell's word would be worth nothing."""
    if math.isnan(value) or not 0 <= value <= 1:
        raise BrokenRecord
    return round(value, 3) + 0.0
