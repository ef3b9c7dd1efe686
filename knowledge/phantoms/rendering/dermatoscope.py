"""What a dermatoscope and its gel add to a scene: bubbles with a dark rim and a highlight, black corners."""

from collections.abc import Mapping

import cv2
import numpy as np

from scafe.knowledge.phantoms.base import Nuisance
from scafe.knowledge.phantoms.rendering.camera import Floats, stream

DERMATOSCOPE = (
    Nuisance("bubbles", 0.0, 1.0, 0.0, "bubbles in the contact gel; 1 is 14 of them"),
    Nuisance("corners", 0.0, 1.0, 0.0, "black corners outside the round field of view, opacity"),
)
MOST_BUBBLES = 14
FINER = 4


def through_dermatoscope(light: Floats, nuisances: Mapping[str, float], seed: int) -> Floats:
    """Lay bubbles and corners over linear light, (S, S, 3); nothing changes where both are 0."""
    if nuisances["bubbles"] > 0:
        rim, glint = _bubbles(light.shape[0], round(MOST_BUBBLES * nuisances["bubbles"]), seed)
        light = light * (1 - 0.45 * rim[:, :, None]) + 0.7 * glint[:, :, None] * (1 - light)
    if nuisances["corners"] > 0:
        light = light * (1 - nuisances["corners"] * _corners(light.shape[0], seed)[:, :, None])
    return np.asarray(light, dtype=np.float32)


def _bubbles(size: int, count: int, seed: int) -> tuple[Floats, Floats]:
    """Cover (0-1) of the bubbles' rims and of their highlights."""
    rng = stream(seed, 911)
    rim, glint = (np.zeros((FINER * size, FINER * size), np.uint8) for _ in range(2))
    for x, y, reach, turn in rng.uniform(0, 1, (MOST_BUBBLES, 4))[:count]:
        radius = FINER * size * (0.008 + 0.02 * reach)
        centre, axes = (round(FINER * size * x), round(FINER * size * y)), (round(radius), round(radius))
        thick = max(1, round(0.25 * radius))
        cv2.ellipse(rim, centre, axes, 0, 0, 360, 255, thick, cv2.LINE_AA)
        inner = (round(0.7 * radius), round(0.7 * radius))
        cv2.ellipse(glint, centre, inner, 360 * turn, 0, 80, 255, thick, cv2.LINE_AA)
    return _shrunk(rim, size), _shrunk(glint, size)


def _shrunk(canvas: np.ndarray, size: int) -> Floats:
    small = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32) / np.float32(255)


def _corners(size: int, seed: int) -> Floats:
    """Cover of what lies outside the field of view, whose edge is a little soft."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    away = np.sqrt(axis[None, :] ** 2 + axis[:, None] ** 2)
    reach = np.float32(stream(seed, 912).uniform(1.0, 1.25))
    return np.asarray(np.clip((away - reach) / 0.04, 0, 1), dtype=np.float32)
