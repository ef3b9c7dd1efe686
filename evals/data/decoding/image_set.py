"""Images with a key each, and several sets of them as one."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any, NamedTuple

from scafe.evals.data.decoding.waves import Images
from scafe.sandbox.pool.extraction import ImageAndMask


class ImageSet(NamedTuple):
    """Images that an extractor is to be run over."""

    keys: Sequence[str]
    """One per image: a hash of its bytes and of what was done to it."""
    images: Images


class Joined:
    """Images of several sets, one set after the other, loaded when they are asked for."""

    def __init__(self, sets: Sequence[ImageSet]) -> None:
        self._images = [one.images for one in sets]
        self._ends = list(accumulate(len(one.keys) for one in sets))

    def __getitem__(self, place: int) -> ImageAndMask:
        number = bisect_right(self._ends, place)
        return self._images[number][self._inside(number, place)]

    def where(self, place: int) -> Any:
        """Say where an image lies; None: it has to be loaded here."""
        number = bisect_right(self._ends, place)
        located = getattr(self._images[number], "where", None)
        return located(self._inside(number, place)) if located else None

    def _inside(self, number: int, place: int) -> int:
        return place - (self._ends[number - 1] if number else 0)


def joined(sets: Sequence[ImageSet]) -> ImageSet:
    """Make one set of several; an image that stands in two of them stands twice.

    Examples
    --------
    >>> some = ImageSet(["a", "b"], ["A", "B"]), ImageSet(["c"], ["C"])
    >>> joined(some).keys, joined(some).images[2]
    (('a', 'b', 'c'), 'C')
    """
    return ImageSet(tuple(chain.from_iterable(one.keys for one in sets)), Joined(sets))
