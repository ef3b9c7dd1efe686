"""Pixels of unequal sides become square, so that shape and texture mean the same in both directions."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.rules.bounds import MAX_SQUARING, check_size
from scafe.knowledge.contract.errors import DatasetError

EQUAL = 0.01
"""Share by which two sides may differ and count as equal."""


def is_square(rows: float, columns: float) -> bool:
    """Whether two sides of a pixel count as equal."""
    return abs(rows - columns) <= EQUAL * min(rows, columns)


def squared(
    image: NDArray[np.uint8], mask: NDArray[np.bool_], sides: tuple[float, float], where: str
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], float]:
    """Resample to square pixels whose side is the smaller of the two.

    Parameters
    ----------
    image : (h, w, c) uint8 array
        Resampled linearly.
    mask : (h, w) bool array
        Resampled by nearest neighbour.
    sides : (float, float)
        Height and width of a pixel, in any one unit.

    Returns
    -------
    image, mask, side

    Raises
    ------
    DatasetError
        Sides that are not positive or whose ratio is above `MAX_SQUARING`.
    """
    height, width = sides
    if not (np.isfinite(sides).all() and min(sides) > 0 and max(sides) <= MAX_SQUARING * min(sides)):
        raise DatasetError(
            f"{where}: pixels of {height:.4g} by {width:.4g} cannot be resampled to square ones; correct the "
            "spacing in the file, or resample it"
        )
    if is_square(*sides):
        return image, mask, min(sides)
    side = min(sides)
    size = (round(image.shape[1] * width / side), round(image.shape[0] * height / side))
    check_size(*size, where)
    larger = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    outline = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
    return larger.reshape(size[1], size[0], -1), np.asarray(outline > 0), side
