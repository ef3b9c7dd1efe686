"""Numbers of many pixels: robust statistics, how far two groups lie apart."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arguments import Mask, Plane, as_array, as_mask, as_plane
from .memo import remembered

NAN = float("nan")
BINS = 1024


@remembered
def robust(values: NDArray[Any]) -> dict[str, float]:
    """Middle and spread of numbers that a few outliers do not move; NaN and infinite numbers are left out.

    Parameters
    ----------
    values : (n,) or (H, W) numbers

    Returns
    -------
    dict of float, NaN without finite numbers
        "median"; "mad" median distance from it times 1.4826 (the SD of normal numbers); "trimmed" mean
        without the lowest and highest tenth; "low" and "high", 10th and 90th percentile

    References
    ----------
    Rousseeuw PJ, Croux C. J Am Stat Assoc 1993;88:1273-1283. doi:10.1080/01621459.1993.10476408
    """
    axes = values.ndim if type(values) is np.ndarray and values.ndim in (1, 2) else 1
    names = ("median", "mad", "trimmed", "low", "high")
    if type(values) is np.ndarray and values.size == 0:
        return dict.fromkeys(names, NAN)
    numbers = as_array(values, "values", axes).astype(np.float64).ravel()
    numbers = np.sort(numbers[np.isfinite(numbers)])
    if not len(numbers):
        return dict.fromkeys(names, NAN)
    cut = len(numbers) // 10
    low, middle, high = np.percentile(numbers, (10, 50, 90))
    mad = 1.4826 * np.median(np.abs(numbers - middle))
    found = (middle, mad, numbers[cut : len(numbers) - cut].mean(), low, high)
    return {name: float(value) for name, value in zip(names, found, strict=True)}


@remembered
def separation(plane: Plane, inside: Mask, outside: Mask) -> float:
    """How surely a pixel of one region is brighter than one of another: Cliff's delta.

    Parameters
    ----------
    plane : (H, W) numbers
    inside, outside : (H, W) bool

    Returns
    -------
    float, -1 (all of `inside` are darker) to 1 (all are brighter), 0 for equal distributions; NaN for an
    empty region. Values are told apart in 1024 steps of their common range.

    References
    ----------
    Cliff N. Psychol Bull 1993;114:494-509. doi:10.1037/0033-2909.114.3.494
    """
    plane = as_plane(plane)
    one = plane[as_mask(inside, "inside", plane.shape)]
    other = plane[as_mask(outside, "outside", plane.shape)]
    if not len(one) or not len(other):
        return NAN
    low, high = min(one.min(), other.min()), max(one.max(), other.max())
    if not high > low:
        return 0.0
    steps = [((group - low) * ((BINS - 0.01) / (high - low))).astype(np.int64) for group in (one, other)]
    first, second = (np.bincount(step, minlength=BINS)[:BINS] / len(step) for step in steps)
    below = np.cumsum(second) - second
    return float(2 * (first * (below + second / 2)).sum() - 1)
