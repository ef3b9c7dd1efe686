"""Images that are made when they are first asked for: who is rejected early never needs most of them."""

from collections.abc import Callable, Sequence
from typing import overload

from scafe.sandbox.pool.extraction import ImageAndMask

Making = Callable[[], ImageAndMask]


class Rendered(Sequence[ImageAndMask]):
    """A list of images, each made once, whoever asks first; the order of asking changes no byte.

    Examples
    --------
    >>> import numpy as np
    >>> grey = ImageAndMask(np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), np.bool_))
    >>> images = Rendered()
    >>> images.put([lambda: grey, lambda: grey])
    range(0, 2)
    >>> images[1].image.shape, images.is_whole
    ((4, 4, 3), False)
    """

    def __init__(self) -> None:
        self._makings: list[Making] = []
        self._made: list[ImageAndMask | None] = []

    def put(self, makings: Sequence[Making]) -> range:
        """Give images places behind those that have one."""
        self._makings.extend(makings)
        self._made.extend([None] * len(makings))
        return range(len(self._makings) - len(makings), len(self._makings))

    def __len__(self) -> int:
        return len(self._makings)

    @overload
    def __getitem__(self, index: int) -> ImageAndMask: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[ImageAndMask, ...]: ...
    def __getitem__(self, index: int | slice) -> ImageAndMask | tuple[ImageAndMask, ...]:
        if isinstance(index, slice):
            return tuple(self[one] for one in range(*index.indices(len(self))))
        known = self._made[index]
        if known is None:
            known = self._made[index] = self._makings[index]().locked()
        return known

    @property
    def is_whole(self) -> bool:
        """Whether every image has been made."""
        return None not in self._made
