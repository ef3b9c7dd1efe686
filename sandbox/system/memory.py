"""Fill the memory that numpy keeps for itself, so that reading it uninitialised shows."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

SMALL = 1024
"""Bytes from which on numpy keeps no freed block of its own."""


def poison_small_blocks(byte: int) -> None:
    """Fill numpy's own cache of small blocks, which the allocator's pattern does not reach.

    numpy keeps up to 7 freed blocks of each size below 1024 bytes and hands them out unchanged.

    Parameters
    ----------
    byte : int
        1 to 255.

    Examples
    --------
    >>> poison_small_blocks(170)
    >>> int(np.empty(20, np.uint8).min())
    170
    """
    held = [part.copy() for part in _small_parts(byte)]
    held.clear()


@cache
def _small_parts(byte: int) -> tuple[NDArray[np.uint8], ...]:
    """Seven parts of each size of one filled block: to copy one takes a quarter of the time to fill it."""
    filled = np.full(SMALL, byte, np.uint8)
    return tuple(filled[:size] for size in range(1, SMALL) for _ in range(7))
