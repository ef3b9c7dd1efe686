"""What came back from a locator for a sequence of images: plain records."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.sandbox.pool.extraction import Fault


@dataclass(frozen=True)
class Region:
    """Where one region lies on one image."""

    mask: NDArray[np.bool_]
    """(H, W) bool, read-only; all False where nothing was found."""
    confidence: float
    """0 to 1, three decimals: how sure the locator says it is."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not self.mask.any()


@dataclass(frozen=True)
class Located:
    """Regions of one locator on some images."""

    name: str
    """The region's name; '' if the locator was refused."""
    found: tuple[Region | Fault, ...]
    """One per image; all the same refused-fault if the source was refused. A fault is the locator's."""
    seconds: float
    """Wall time spent on the images, without start-up."""

    @property
    def faults(self) -> tuple[Fault | None, ...]:
        """One per image, as an extraction has them."""
        return tuple(one if isinstance(one, Fault) else None for one in self.found)

    def masks(self, shapes: Sequence[tuple[int, ...]]) -> tuple[NDArray[np.bool_], ...]:
        """Return a mask per image; all False where nothing was found or the locator failed.

        Parameters
        ----------
        shapes : sequence of tuple
            Shape of every image; height and width come first.
        """
        pairs = zip(self.found, shapes, strict=True)
        return tuple(
            np.zeros(shape[:2], np.bool_) if isinstance(one, Fault) else one.mask for one, shape in pairs
        )
