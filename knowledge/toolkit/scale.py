"""Resolution: primitives whose result is smooth or coarse work on a smaller copy, and say so."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .arguments import Mask, Picture, Plane, as_array, as_count, as_image, as_mask, as_plane
from .memo import remembered


@remembered
def reduced(image: NDArray[Any], side: int = 256) -> NDArray[Any]:
    """Shrink an image, a plane or a mask by averaging; what is asked of the result is kept as of the image.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB, (H, W) numbers or (H, W) bool
    side : int, 16 to 4096
        Pixels of the shorter side at most; a smaller image is handed on as it is.

    Returns
    -------
    same kind, (h, w, ...); a mask is True where at least half of what a pixel covers was

    References
    ----------
    A mean over areas.
    """
    side = as_count(side, "side", 16, 4096)
    if type(image) is np.ndarray and image.ndim == 3:
        return smaller(as_image(image), side)[:]
    if as_array(image, "image", 2).dtype == np.bool_:
        mask = as_mask(image, "image")
        return small_mask(mask, side) if side < side_of(mask) else mask[:]
    return smaller(as_plane(image, "image"), side)[:]


def side_of(plane: Plane | Mask | Picture) -> int:
    """Shorter side in pixels, the unit of lengths where there is no region."""
    return int(min(plane.shape[:2]))


def root_of(mask: Mask) -> float:
    """Root of the region's area in pixels, the unit of lengths where there is one; at least 1."""
    return max(1.0, float(np.sqrt(np.count_nonzero(mask))))


def smaller(plane: NDArray[Any], most: float) -> NDArray[Any]:
    """Shrink so that the shorter side has at most so many pixels; smaller ones stay."""
    factor = most / side_of(plane)
    if factor >= 1:
        return plane
    height, width = (max(1, round(side * factor)) for side in plane.shape[:2])
    # Down to a half, four neighbours hold what a pixel covers; a mean of parts of them costs six times that.
    how = cv2.INTER_LINEAR if factor >= 0.5 else cv2.INTER_AREA
    return np.asarray(cv2.resize(plane, (width, height), interpolation=how))


def enlarged(plane: Plane, shape: tuple[int, ...]) -> Plane:
    """Bring a smaller plane back to a shape, linearly between its pixels."""
    if plane.shape[:2] == shape[:2]:
        return plane
    return np.asarray(cv2.resize(plane, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))


def small_mask(mask: Mask, most: float) -> Mask:
    """Shrink a mask; a pixel is True where at least half of it was."""
    return np.asarray(smaller(mask.view(np.uint8) * np.uint8(254), most) >= 127)


def large_mask(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """Bring a smaller mask back to a shape."""
    return enlarged(mask.astype(np.float32), shape) >= 0.5


def blurred(plane: Plane, sigma: float) -> Plane:
    """Blur by a Gaussian of so many pixels; a wide one on a smaller copy."""
    factor = int(sigma // 3)
    if factor < 2:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), max(sigma, 0.3)))
    size = (max(1, round(plane.shape[1] / factor)), max(1, round(plane.shape[0] / factor)))
    # Shrinking by `factor` averages over a box, whose variance is (factor² - 1) / 12.
    rest = np.sqrt(max(0.1, (sigma**2 - (factor**2 - 1) / 12)) / factor**2)
    small = cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), rest)
    return np.asarray(cv2.resize(small, plane.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def length(across: Plane, down: Plane) -> Plane:
    """Length of vectors; cv2.magnitude's last bit depends on where in memory its arguments lie."""
    found, other = across * across, down * down
    found += other
    return np.asarray(np.sqrt(found, out=found))


def disc(radius: float) -> Picture:
    """Round structuring element of so many pixels, at least 3 wide."""
    width = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)), dtype=np.uint8)
