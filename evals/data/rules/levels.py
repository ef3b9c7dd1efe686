"""How often each level occurs in a part of an image, and what follows exactly: mean, spread, median."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
VALUES = np.arange(256, dtype=np.int64)
EXACT_PX = 1 << 24
"""OpenCV counts in single precision, which loses whole numbers beyond this."""


@dataclass(frozen=True)
class Levels:
    """Counts of the levels of each channel.

    Whole numbers: two parts of the same levels in other places, or in an image of another size, have the very
    same mean, and nothing is converted to double precision.

    Examples
    --------
    >>> image = np.array([[[9], [9], [10], [200]]], np.uint8)
    >>> some = Levels.of(image, np.array([[True, True, True, False]]))
    >>> some.medians(), some.means().round(2)
    (array([9.]), array([9.33]))
    """

    counts: NDArray[np.int64]
    """(n_channels, 256)."""

    @classmethod
    def of(cls, image: NDArray[np.uint8], part: NDArray[np.bool_]) -> "Levels":
        """Count the levels of an (H, W, C) image where an (H, W) mask is true."""
        height, width, channels = image.shape
        rows = max(1, EXACT_PX // max(1, width))
        counts = np.zeros((channels, 256), np.int64)
        for top in range(0, height, rows):
            strip, wanted = image[top : top + rows], part[top : top + rows].view(np.uint8)
            for channel in range(channels):
                found = cv2.calcHist([strip], [channel], wanted, [256], [0, 256])
                counts[channel] += found.ravel().astype(np.int64)
        return cls(counts)

    @cached_property
    def pixels(self) -> int:
        """How many pixels the part has."""
        return int(self.counts[0].sum())

    def means(self) -> Floats:
        """Return the mean of each channel; NaN where there is no pixel."""
        if not self.pixels:
            return np.full(len(self.counts), np.nan)
        return np.array((self.counts @ VALUES) / self.pixels)

    def spreads(self) -> Floats:
        """Return the standard deviation of each channel over the part; NaN where there is no pixel."""
        if not self.pixels:
            return np.full(len(self.counts), np.nan)
        sums, squares = self.counts @ VALUES, self.counts @ VALUES**2
        # Python's whole numbers: the square of a sum overflows numpy's
        pairs = zip(sums.tolist(), squares.tolist(), strict=True)
        variances = [(self.pixels * square - one**2) / self.pixels**2 for one, square in pairs]
        return np.asarray(np.sqrt(variances), np.float64)

    def medians(self) -> Floats:
        """Return the median of each channel; NaN where there is no pixel."""
        if not self.pixels:
            return np.full(len(self.counts), np.nan)
        middle = np.array([(self.pixels + 1) // 2, self.pixels // 2 + 1])
        return np.array([np.searchsorted(one.cumsum(), middle).mean() for one in self.counts])


def occurring(values: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return which levels occur, lowest first.

    A mask of nothing and one level is told by two counts, others by a histogram three times as dear. OpenCV
    counts without Python's lock, so that images are read side by side; `numpy.bincount` holds it.
    """
    flat = values.reshape(1, -1)
    highest, above_nothing = int(flat.max()), cv2.countNonZero(flat)
    if cv2.countNonZero((flat == highest).view(np.uint8)) == above_nothing:
        return np.array([highest] if above_nothing == flat.size else sorted({0, highest}))
    return np.flatnonzero(cv2.calcHist([flat], [0], None, [256], [0, 256]))
