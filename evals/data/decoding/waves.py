"""Images of a data set in waves: as many as memory is given for, loaded just before they are measured."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from scafe.evals.data.decoding.ahead import one_ahead
from scafe.knowledge.contract.errors import ScafeError
from scafe.sandbox.pool.extraction import ImageAndMask

CHUNK = 256
"""Images in a wave at most, and rows that a kill can lose."""
WAVE_BYTES = 32_000_000
"""Pixels and masks of a wave. They stand in memory twice, the second time shared, and the next wave once."""


class Images(Protocol):
    """Images that may be loaded when they are asked for."""

    def __getitem__(self, place: int, /) -> ImageAndMask:
        """Return one image."""
        ...


Wave = list[tuple[int, ImageAndMask]]
"""Images in memory, each with its place."""


def waves(images: Images, places: Sequence[int]) -> Iterator[Wave]:
    """Load images wave by wave, the next one while the caller measures this one.

    Parameters
    ----------
    images : Images
        Loaded by a thread when their wave is near.
    places : sequence of int
        Which of them, in the order in which they are handed out.

    Yields
    ------
    list of (int, ImageAndMask)
        Each image with its place; at most `CHUNK`, and no more once `WAVE_BYTES` are held.

    Raises
    ------
    ScafeError
        What loading raises; images that were loaded before are handed out first.
    """
    return one_ahead(_loaded(images, places))


def _loaded(images: Images, places: Sequence[int]) -> Iterator[Wave]:
    wave: Wave = []
    room = WAVE_BYTES
    for place in places:
        try:
            one = images[place]
        except ScafeError:
            if wave:
                yield wave
            raise
        wave.append((place, one))
        room -= one.image.nbytes + one.mask.nbytes
        if room <= 0 or len(wave) == CHUNK:
            yield wave
            wave, room = [], WAVE_BYTES
    if wave:
        yield wave
