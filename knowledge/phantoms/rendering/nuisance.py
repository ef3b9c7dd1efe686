"""What a photograph adds that no feature may read: camera, light, hair, ruler."""

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Nuisance
from scafe.knowledge.phantoms.rendering.optics import encode_image
from scafe.knowledge.phantoms.rendering.texture import blurred, stream

Pixels = NDArray[Any]
"""Float32 maps."""

CAMERA: tuple[Nuisance, ...] = (
    Nuisance("light", 0.6, 1.4, 1.0, "exposure: factor on the linear light"),
    Nuisance("light_gradient", 0.0, 0.25, 0.0, "the light falls off across the frame by ± this share"),
    Nuisance("white_balance", -0.2, 0.2, 0.0, "gain of red up and of blue down by this share"),
    Nuisance("blur", 0.0, 2.0, 0.0, "defocus: sigma in pixels of a 256-pixel frame"),
    Nuisance("noise", 0.0, 1.0, 0.0, "shot and read noise; 1 is a phone in a dim room"),
    Nuisance("jpeg", 0.0, 1.0, 0.0, "compression: 0 none, 1 is quality 60"),
)
"""The camera's nuisances, the same for every photographic phantom."""

HAIRS = 70
HAIR_COLOUR = np.array([0.03, 0.02, 0.015], np.float32)
RULER_SHARE = 0.10
JPEG_WORST_LOSS = 40


def paint_hair(colour: Pixels, seed: int, amount: float, thin_where: Pixels | None = None) -> Pixels:
    """Lay dark hairs over a linear image; more amount adds hairs and moves none.

    Parameters
    ----------
    colour : (H, W, 3) array
        Linear light.
    seed : int
        Seed of the phantom.
    amount : float
        0 is none, 1 is a hairy limb.
    thin_where : (H, W) array, optional
        Share of hair that is missing, e.g. inside a scar, whose skin grows none.
    """
    count = round(amount * HAIRS)
    if count == 0:
        return colour
    size = colour.shape[0]
    cover = np.zeros(colour.shape[:2], np.uint8)
    rng = stream(seed, "hair")
    lie = rng.uniform(0, 2 * math.pi)
    for _ in range(count):
        points = _hair(rng, lie) * size * 16
        cv2.polylines(cover, [points.astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    opacity = cover.astype(np.float32) * np.float32(0.85 * min(1.0, size / 200) / 255)
    if thin_where is not None:
        opacity *= 1 - 0.8 * thin_where
    return np.asarray(colour * (1 - opacity[..., None]) + opacity[..., None] * HAIR_COLOUR)


def paint_ruler(colour: Pixels, amount: float, mm_per_px: float) -> Pixels:
    """Lay a white ruler with ticks every 5 mm along the lower edge; amount 1 shows all of it."""
    size = colour.shape[0]
    depth = round(amount * RULER_SHARE * size)
    if depth == 0:
        return colour
    strip = np.full((depth, size, 3), np.float32(0.8))
    for number, x in enumerate(np.arange(2.0, size, 5.0 / mm_per_px)):
        length = depth if number % 2 == 0 else depth // 2
        strip[: max(length - 1, 1), int(x) : int(x) + max(1, size // 200)] = 0.02
    painted = colour.copy()
    painted[size - depth :] = strip
    return painted


def photograph(colour: Pixels, seed: int, settings: Mapping[str, float]) -> NDArray[np.uint8]:
    """Turn linear light into the 8-bit sRGB image that a camera with these nuisances would store.

    Parameters
    ----------
    colour : (H, W, 3) array
        Linear light, 1 is white.
    seed : int
        Seed of the phantom.
    settings : mapping
        A value for each name in `CAMERA`.
    """
    size = colour.shape[0]
    balance = settings["white_balance"]
    gains = np.array([1 + balance, 1, 1 - balance], np.float32) * np.float32(settings["light"])
    light = colour * gains
    if settings["light_gradient"]:
        light *= _gradient(seed, size, settings["light_gradient"])[..., None]
    light = blurred(light, settings["blur"] * size / 256)
    if settings["noise"]:
        light = _noisy(light, seed, settings["noise"])
    return _compressed(encode_image(light), settings["jpeg"])


def _hair(rng: np.random.Generator, lie: float) -> NDArray[np.float64]:
    start = rng.uniform(-0.1, 1.1, 2)
    angle = lie + rng.normal(0, 0.35)
    length, bow = rng.uniform(0.12, 0.35), rng.normal(0, 0.02)
    t = np.linspace(0, 1, 8)[:, None]
    along = np.array([math.cos(angle), math.sin(angle)])
    across = np.array([-along[1], along[0]])
    return np.asarray(start + t * length * along + 4 * t * (1 - t) * bow * across, dtype=np.float64)


def _gradient(seed: int, size: int, amount: float) -> Pixels:
    angle = stream(seed, "gradient").uniform(0, 2 * math.pi)
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    plane = np.float32(math.cos(angle)) * axis[None, :] + np.float32(math.sin(angle)) * axis[:, None]
    return np.asarray(1 + np.float32(amount) * plane, dtype=np.float32)


def _noisy(light: Pixels, seed: int, amount: float) -> Pixels:
    rng, size = stream(seed, "noise"), light.shape[0]
    half = (size + 1) // 2
    # A sensor sees colour at half the resolution of brightness, so its colour noise is coarser.
    colour = cv2.resize(rng.standard_normal((half, half, 3), dtype=np.float32), (size, size))
    grain = np.float32(0.8) * rng.standard_normal((size, size, 1), dtype=np.float32) + colour
    spread = np.float32(amount) * np.sqrt(np.float32(6e-5) + np.float32(1.2e-3) * np.maximum(light, 0))
    return np.asarray(light + spread * grain, dtype=np.float32)


def _compressed(image: NDArray[np.uint8], loss: float) -> NDArray[np.uint8]:
    if loss <= 0:
        return image
    quality = round(100 - JPEG_WORST_LOSS * loss)
    _, packed = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    decoded = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    if decoded is None:
        raise RuntimeError("OpenCV cannot decode the JPEG it wrote; reinstall opencv-python-headless")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)
