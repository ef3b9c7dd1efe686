"""Every image of a data set read once: hashed, and looked at by whoever wants to see it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from scafe.evals.data.decoding.ahead import side_by_side
from scafe.evals.data.decoding.onlooker import Onlooker
from scafe.evals.data.decoding.readers import Hashed, Readers, ToRead

KEPT_BYTES = 24_000_000
"""Decoded images kept in memory at most; the rest is decoded each time."""
MANY = 1_000
"""Images from which processes that read are worth their start, a second of each."""


def read_through(
    rows: Sequence[ToRead], onlooker: Onlooker | None = None, *, apart: bool
) -> Iterator[Hashed]:
    """Read every image once, in order.

    Parameters
    ----------
    rows : sequence of ToRead
    onlooker : Onlooker, optional
        Shown each image, by threads of this process.
    apart : bool
        Whether processes may read, where images are many: their pixels lie on disk.

    Yields
    ------
    Hashed
        The first ones with their pixels, as far as `KEPT_BYTES` goes.

    Raises
    ------
    DatasetError
        If an image cannot be used; those before it are handed out first.
    """
    if onlooker is not None or not apart or len(rows) < MANY:
        yield from _by_threads(rows, onlooker)
        return
    with Readers() as readers:
        count = 0
        for one in _by_threads(rows, None):
            if one.pair is None:
                break
            count += 1
            yield one
        yield from readers.read(rows[count:])


def _by_threads(rows: Sequence[ToRead], onlooker: Onlooker | None) -> Iterator[Hashed]:
    room = KEPT_BYTES
    for found, look in side_by_side(partial(_read, onlooker), rows):
        if onlooker is not None:
            onlooker.keep(look)
        if found.pair is not None:
            room -= found.pair.image.nbytes + found.pair.mask.nbytes
        yield found if room > 0 else replace(found, pair=None)


def _read(onlooker: Onlooker | None, row: ToRead) -> tuple[Hashed, Any]:
    found = row.pixels.read(row.where)
    hashed = Hashed(found.sha256, found.met, found.pair.locked())
    return hashed, onlooker.look(found.pair) if onlooker is not None else None
