"""What a primitive is given, checked once: exact arrays, bounded sizes, finite numbers.

An extractor behind the language wall may pass anything; nothing here reads an attribute of a foreign object.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
"""(H, W) numbers."""
Mask = NDArray[np.bool_]
"""(H, W) bool."""
Picture = NDArray[np.uint8]
"""(H, W, 3) RGB."""

MOST_PIXELS = 2**26
NUMERIC = "buif"


def as_array(value: Any, name: str, axes: int) -> NDArray[Any]:
    """Return an exact numpy array of numbers with so many axes, or say what it is instead."""
    if type(value) is not np.ndarray:
        raise TypeError(f"{name}: expected a numpy array, met a {type(value).__name__}; pass np.asarray(...)")
    if value.dtype.kind not in NUMERIC:
        raise TypeError(f"{name}: expected numbers, met dtype {value.dtype.name}; use .astype(np.float32)")
    if value.ndim != axes:
        raise ValueError(f"{name}: expected {axes} axes, met {value.ndim}; index or reshape it first")
    if not 0 < value.size <= MOST_PIXELS * (value.shape[2] if axes == 3 else 1):
        raise ValueError(f"{name}: expected 1 to {MOST_PIXELS} pixels; crop or resize it first")
    return value


def as_image(value: Any, name: str = "image") -> Picture:
    """Return an RGB image as contiguous (H, W, 3) uint8; a fourth channel is left out."""
    if type(value) is np.ndarray and value.ndim == 3 and value.shape[2] == 4:
        value = value[:, :, :3]
    array = as_array(value, name, 3)
    if array.dtype != np.uint8 or array.shape[2] != 3:
        raise ValueError(f"{name}: expected (H, W, 3) uint8, met {array.shape} {array.dtype.name}")
    return np.ascontiguousarray(array)


def as_plane(value: Any, name: str = "plane") -> Plane:
    """Return finite numbers as contiguous (H, W) float32."""
    array = as_array(value, name, 2)
    with np.errstate(over="ignore"):
        plane = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(plane).all():
        raise ValueError(f"{name}: holds NaN or infinite numbers; use np.nan_to_num first")
    return plane


def as_mask(value: Any, name: str = "mask", shape: tuple[int, ...] | None = None) -> Mask:
    """Return a mask as contiguous (H, W) bool; numbers count as True where they are not 0."""
    array = as_array(value, name, 2)
    if shape is not None and array.shape != shape[:2]:
        raise ValueError(f"{name}: expected the shape {shape[:2]} of the image, met {array.shape}")
    return np.ascontiguousarray(array if array.dtype == np.bool_ else array != 0)


def as_region(value: Any, name: str, shape: tuple[int, ...]) -> Mask:
    """Return a mask of this shape; None is the whole frame."""
    return np.ones(shape[:2], np.bool_) if value is None else as_mask(value, name, shape)


def as_number(value: Any, name: str, low: float, high: float) -> float:
    """Return a plain number within its range."""
    if type(value) not in (int, float, np.float64, np.float32):
        raise TypeError(f"{name}: expected a number, met a {type(value).__name__}")
    if not low <= value <= high:
        raise ValueError(f"{name}: expected {low:g} to {high:g}, met {value:g}")
    return float(value)


def as_count(value: Any, name: str, low: int, high: int) -> int:
    """Return a plain whole number within its range."""
    if type(value) not in (int, np.int64, np.int32):
        raise TypeError(f"{name}: expected a whole number, met a {type(value).__name__}")
    if not low <= value <= high:
        raise ValueError(f"{name}: expected {low} to {high}, met {value}")
    return int(value)


def as_fractions(value: Any, name: str, low: float, high: float) -> tuple[float, ...]:
    """Return one number or up to 8 of them as a tuple, each within the range."""
    several = value if type(value) in (tuple, list) else (value,)
    if not 1 <= len(several) <= 8:
        raise ValueError(f"{name}: expected 1 to 8 numbers, met {len(several)}")
    return tuple(as_number(one, name, low, high) for one in several)
