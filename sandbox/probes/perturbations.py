"""Five changes to an image that no honest feature minds: noise, shift, light, compression, resampling.

One alone is not enough: a hash of a coarse thumbnail survives ±1 level, a corner pixel survives JPEG;
each cheat that was tried passed at least one of the five. The probes use them on phantoms, the bench
on development images.
"""

from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.sandbox.pool.pool import ImageAndMask

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Level = TypeVar("Level", bound=np.generic)

SHIFT_PX = 2
BRIGHTNESS = 0.03
JPEG_QUALITY = 85
RESIZE = 0.9


def perturb(name: str, image: Image, mask: Mask, seed: int) -> ImageAndMask:
    """Apply one perturbation.

    Parameters
    ----------
    name : str
        One of `PERTURBATIONS`.
    image : (H, W, C) uint8 array
        Any number of channels.
    mask : (H, W) bool array
        Moves with the image where the image moves.
    seed : int
        Draws the noise; its parity chooses the sign of shift and brightness, so that two
        neighbouring seeds go opposite ways.

    Returns
    -------
    ImageAndMask
        New contiguous arrays of the same shapes; the input is not written to.

    Raises
    ------
    KeyError
        If there is no perturbation of this name.
    """
    changed, moved = _WAYS[name](image, mask, seed)
    return ImageAndMask(np.ascontiguousarray(changed), np.ascontiguousarray(moved))


def _level(image: Image, mask: Mask, seed: int) -> tuple[Image, Mask]:
    noise = np.random.default_rng(seed).integers(-1, 2, image.shape, dtype=np.int16)
    return np.clip(image + noise, 0, 255).astype(np.uint8), mask.copy()


def _shift(image: Image, mask: Mask, seed: int) -> tuple[Image, Mask]:
    step = SHIFT_PX if seed % 2 else -SHIFT_PX
    return _moved(image, step), _moved(mask, step)


def _moved(array: NDArray[Level], step: int) -> NDArray[Level]:
    # The border is repeated: wrapping around would bring in tissue of the far side.
    height, width = array.shape[:2]
    rows = np.clip(np.arange(height) - step, 0, height - 1)
    columns = np.clip(np.arange(width) - SHIFT_PX, 0, width - 1)
    return array[rows][:, columns]


def _brightness(image: Image, mask: Mask, seed: int) -> tuple[Image, Mask]:
    factor = 1 + BRIGHTNESS if seed % 2 else 1 - BRIGHTNESS
    return np.clip(np.rint(image * factor), 0, 255).astype(np.uint8), mask.copy()


def _jpeg(image: Image, mask: Mask, seed: int) -> tuple[Image, Mask]:
    if image.shape[2] == 3:
        return _recoded(image[..., ::-1])[..., ::-1], mask.copy()
    planes = [_recoded(image[..., channel]) for channel in range(image.shape[2])]
    return np.stack(planes, axis=-1), mask.copy()


def _recoded(plane: Image) -> Image:
    ok, data = cv2.imencode(".jpg", np.ascontiguousarray(plane), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not ok:
        raise ValueError(f"OpenCV cannot write an array of shape {plane.shape} as JPEG")
    flag = cv2.IMREAD_GRAYSCALE if plane.ndim == 2 else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(data, flag), dtype=np.uint8)


def _resize(image: Image, mask: Mask, seed: int) -> tuple[Image, Mask]:
    height, width = mask.shape
    small = max(1, round(width * RESIZE)), max(1, round(height * RESIZE))
    planes = [_there_and_back(image[..., c], small, cv2.INTER_LINEAR) for c in range(image.shape[2])]
    outline = _there_and_back(mask.astype(np.uint8), small, cv2.INTER_NEAREST)
    return np.stack(planes, axis=-1), outline.astype(bool)


def _there_and_back(plane: Image, small: tuple[int, int], way: int) -> Image:
    size = plane.shape[1], plane.shape[0]
    shrunk = cv2.resize(np.ascontiguousarray(plane), small, interpolation=way)
    return np.asarray(cv2.resize(shrunk, size, interpolation=way), dtype=np.uint8)


_WAYS: dict[str, Callable[[Image, Mask, int], tuple[Image, Mask]]] = {
    "level": _level,
    "shift": _shift,
    "brightness": _brightness,
    "jpeg": _jpeg,
    "resize": _resize,
}

PERTURBATIONS: tuple[str, ...] = tuple(_WAYS)
"""level: ±1 grey level of noise · shift: 2 px · brightness: ±3 % · jpeg: quality 85 ·
resize: to .9 and back."""
