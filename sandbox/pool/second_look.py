"""A second look at a share of the images: in a fresh process, in another order, over other memory.

The detectors see phantoms. An extractor may behave there and keep state on other images; what it says of
an image then depends on the images before, and a second look says something else.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from scafe.sandbox.pool.crew import Row
from scafe.sandbox.pool.extraction import Fault

ONE_IN = 16
"""One image of sixteen is measured twice, and at least `LEAST`."""
LEAST = 3
PATTERN = 170
"""Byte that fresh memory is filled with then; np.empty of 1.5 KB and of 2 MB came out the same in plain
reruns and differed under it."""
ENDED: Final = ("timeout", "memory", "killed")
"""Faults that a busy machine can bring about: they are compared with nothing."""

CHANGED: Final = Fault(
    "state",
    "",
    None,
    "while images were measured, the builtins or libraries of the worker changed: "
    "compute from image and mask alone",
)
DIFFERS: Final = Fault(
    "state",
    "",
    None,
    "an image gave another value when it was measured again in a fresh process and in another order: "
    "compute from image and mask alone, keep nothing between images, fill every array before reading it",
)


def chosen(count: int, salt: bytes) -> tuple[int, ...]:
    """Draw which places are measured again, in the order in which they are.

    Parameters
    ----------
    count : int
        Number of images.
    salt : bytes
        Drawn by the host; a cell does not know it, so it cannot behave on these alone.

    Examples
    --------
    >>> len(chosen(160, b"salt")), len(chosen(2, b"salt"))
    (10, 2)
    """
    wanted = max(LEAST, -(-count // ONE_IN))
    ranks = {
        place: hashlib.blake2b(place.to_bytes(8, "big"), key=salt, digest_size=8).digest()
        for place in range(count)
    }
    return tuple(sorted(ranks, key=lambda place: ranks[place])[:wanted])


def agree(first: Sequence[Row], again: Sequence[Row]) -> bool:
    """Whether two looks at the same images gave the same rows, to the last of six digits."""
    pairs = zip(first, again, strict=True)
    return all(comparable(one) == comparable(other) for one, other in pairs if not _ended(one, other))


def _ended(*rows: Row) -> bool:
    return any(isinstance(row, Fault) and row.kind in ENDED for row in rows)


def comparable(row: Row) -> tuple[object, ...]:
    """Return a row in a form that compares: NaN equals NaN, a fault equals its kind, class and line."""
    if isinstance(row, Fault):
        return (row.kind, row.exception, row.line)
    return tuple("nan" if value != value else value for value in row)
