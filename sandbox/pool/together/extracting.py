"""Run several extractors over images in one pass, or one by one where that pass is not beyond doubt.

Sharing a cell saves what extractors have in common (hairs, CIELAB, distances) and must change no value: every
extractor is measured again on a share of the images, alone in a fresh cell. A death, a changed builtin or one
value that differs throws the whole pass away; each extractor then runs alone, which blames the right one.
"""

import secrets
import struct
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from scafe.sandbox.pool import second_look, wire
from scafe.sandbox.pool.crew import Crew, CrewSettings, Lent, Row
from scafe.sandbox.pool.extraction import Extraction, Fault, ImageAndMask
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.pool.process import CellHandle
from scafe.sandbox.pool.rows import Head
from scafe.sandbox.system.backends import is_remote

Names = tuple[str, ...]
Found = list[list[Row]]
"""A list for each extractor: a row for each image."""
DOUBTFUL = ("state", *second_look.ENDED)
"""Faults that could be another extractor's doing."""


class SharedCrew(Crew):
    """Cells that have loaded several extractors; a request holds all rows of some images."""

    kind = wire.SHARED

    def __init__(
        self, lent: Lent, sources: Sequence[str], names: Sequence[Names], settings: CrewSettings
    ) -> None:
        super().__init__(lent.process, sources[0], lent.arena, settings, lent.workers)
        self._sources = sources
        self._names_of = names

    def layout_of(self, cell: CellHandle) -> struct.Struct:
        """Layout of a row, of which as many values are looked at as the widest extractor has."""
        return wire.row_layout(max(map(len, self._names_of)), cell.record.size)

    def measure(self, count: int) -> Found:
        """Measure images 0 to `count - 1` by every extractor, one image a request.

        Nine requests of three images are five for one of two cells, which then works alone for a while.
        """
        each = len(self._sources)
        found: dict[int, Row] = {}
        self._measure(deque(range(one * each, (one + 1) * each) for one in range(count)), found)
        return [
            [_cut(found[image * each + which], names) for image in range(count)]
            for which, names in enumerate(self._names_of)
        ]

    def _load_into(self, cell: CellHandle) -> Head | Fault:
        heads: list[Head] = []
        for source, names in zip(self._sources, self._names_of, strict=True):
            self._source = source
            head = super()._load_into(cell)
            if isinstance(head, Fault) or head.names != names:
                return head
            heads.append(head)
        return heads[0]


def _cut(row: Row, names: Names) -> Row:
    return row if isinstance(row, Fault) else row[: len(names)]


def extract_together(
    pool: Pool, sources: Sequence[str], images: Sequence[ImageAndMask]
) -> tuple[Extraction, ...]:
    """Run extractors over images of patients; each comes back as from `Pool.extract`.

    Parameters
    ----------
    pool : Pool
        The sandbox, open.
    sources : sequence of str
        Modules of extractors; anything at all may stand in them.
    images : sequence of ImageAndMask
        Sizes and channel counts may differ.

    Returns
    -------
    tuple of Extraction
        One for each source, in their order.

    Raises
    ------
    SandboxError
        If the pool is not open, or the sandbox itself fails.
    """
    done: dict[str, Extraction] = {}
    if images and len(set(sources)) > 1 and not is_remote(pool.backend):
        done = _in_one_pass(pool, list(dict.fromkeys(sources)), images)
    for source in sources:
        if source not in done:
            done[source] = pool.extract(source, images)
    return tuple(done[source] for source in sources)


def _in_one_pass(pool: Pool, sources: list[str], images: Sequence[ImageAndMask]) -> dict[str, Extraction]:
    """Return what is beyond doubt; what is missing is for the extractors alone."""
    done: dict[str, Extraction] = {}
    with pool.lent(images) as lent:
        named = [(source, names) for source in sources if (names := pool.names_of(source))]
        for start in range(0, len(named), wire.BATCH):
            group = named[start : start + wire.BATCH]
            if len(group) > 1:
                done |= _measured(lent, group, CrewSettings(pool.limits))
    return done


def _measured(lent: Lent, group: list[tuple[str, Names]], settings: CrewSettings) -> dict[str, Extraction]:
    began, count = time.perf_counter(), len(lent.places)
    crew = SharedCrew(lent, [source for source, _ in group], [names for _, names in group], settings)
    crew.load(group[0][1], strict=lent.strict)
    found = crew.measure(count) if crew.fault is None else []
    unchanged = crew.fault is None and crew.is_unchanged()
    crew.dismiss()
    if not unchanged or any(
        isinstance(row, Fault) and row.kind in DOUBTFUL for rows in found for row in rows
    ):
        return {}
    if not _all_agree(lent, group, found, settings):
        return {}
    seconds = (time.perf_counter() - began) / len(group)
    return {
        source: Extraction.of(names, [rows[place] for place in lent.places], seconds)
        for (source, names), rows in zip(group, found, strict=True)
    }


def _all_agree(lent: Lent, group: list[tuple[str, Names]], found: Found, settings: CrewSettings) -> bool:
    """Look at every extractor again, at as many at a time as there are workers."""
    with ThreadPoolExecutor(lent.workers) as threads:
        return all(threads.map(partial(_agrees, lent, settings), group, found))


def _agrees(lent: Lent, settings: CrewSettings, one: tuple[str, Names], rows: list[Row]) -> bool:
    """Whether an extractor says the same alone, in a fresh cell, in another order and over other memory."""
    order = second_look.chosen(len(rows), secrets.token_bytes(16))
    source, names = one
    alone = CrewSettings(settings.limits, perturb_memory=second_look.PATTERN)
    crew = Crew(lent.process, source, lent.arena, alone)
    crew.load(names, strict=lent.strict)
    if crew.fault is not None:
        return False
    again = crew.measure_in(order)
    unchanged = crew.is_unchanged()
    crew.dismiss()
    return unchanged and second_look.agree([rows[place] for place in order], again)
