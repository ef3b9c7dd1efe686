"""Random fields and random numbers of a phantom, one independent stream per name."""

import math
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
"""Float32 maps."""


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one part of a phantom.

    Parts have streams of their own, so that turning one dial never moves the dice of another.
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def smooth_field(
    rng: np.random.Generator, size: int, mm_per_px: float, grain_mm: float, widest_mm: float = 120.0
) -> Pixels:
    """Draw a smooth random field of mean about 0 and standard deviation about 1.

    Parameters
    ----------
    rng : Generator
        Where the field comes from; the same generator state gives the same field at any size.
    size : int
        Edge of the square field in pixels.
    mm_per_px : float
        Edge of one pixel; the field is fixed in millimetres about the centre of the frame.
    grain_mm : float
        Distance between independent values.
    widest_mm : float
        Largest frame that the field must cover.

    Returns
    -------
    (size, size) float32 array
    """
    cells = math.ceil(widest_mm / grain_mm) + 4
    # 1.3 restores the spread that cubic interpolation between the nodes takes away (measured).
    grid = 1.3 * rng.standard_normal((cells, cells), dtype=np.float32)
    step = mm_per_px / grain_mm
    offset = (cells - 1) / 2 - step * (size - 1) / 2
    inverse = np.array([[step, 0, offset], [0, step, offset]])
    field = cv2.warpAffine(
        grid,
        inverse,
        (size, size),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(field, dtype=np.float32)


def blurred(image: Pixels, sigma_px: float) -> Pixels:
    """Blur with a Gaussian; below a fifth of a pixel the image is returned as it is."""
    if sigma_px < 0.2:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE))
