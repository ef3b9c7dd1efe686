"""The scanner of the grey phantoms: gain, contrast, blur, noise and a drawn-in marker.

Like `camera`, all of it is nuisance: it changes how a field is recorded, never what is in it.
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.phantoms.base import Nuisance
from scafe.knowledge.phantoms.rendering.camera import Floats, stream

SCANNER = (
    Nuisance("light", 0.8, 1.2, 1.0, "gain, factor on the signal"),
    Nuisance("contrast", 0.75, 1.3, 1.0, "gamma of the grey scale"),
    Nuisance("blur", 0.0, 2.0, 0.0, "Gaussian sigma in pixels of a 256-pixel frame"),
    Nuisance("noise", 0.0, 1.0, 0.0, "1 is a standard deviation of 5 grey levels"),
    Nuisance("ruler", 0.0, 1.0, 0.0, "bright tick marks or letters burnt in at the frame's edge, opacity"),
)


def scan(field: Floats, nuisances: Mapping[str, float], seed: int) -> NDArray[np.uint8]:
    """Record a field (S, S), 0-1, as (S, S) uint8 under every nuisance of `SCANNER`."""
    size = field.shape[0]
    field = np.clip(field * nuisances["light"], 0, 1) ** np.float32(nuisances["contrast"])
    if nuisances["blur"] > 0:
        field = np.asarray(cv2.GaussianBlur(field, (0, 0), nuisances["blur"] * size / 256), np.float32)
    if nuisances["noise"] > 0:
        grain = stream(seed, 901).standard_normal(field.shape, dtype=np.float32)
        field = field + np.float32(5 / 255 * nuisances["noise"]) * grain
    if nuisances["ruler"] > 0:
        marks = _marks(size, seed) * np.float32(nuisances["ruler"])
        field = field * (1 - marks) + marks
    return (np.clip(field, 0, 1) * 255 + 0.5).astype(np.uint8)


def _marks(size: int, seed: int) -> Floats:
    canvas = np.zeros((size, size), dtype=np.uint8)
    left = int(stream(seed, 904).integers(2)) == 0
    for at in np.linspace(0.06, 0.94, 12):
        row, width = round(at * size), round(0.025 * size)
        start = 0 if left else size - width
        cv2.rectangle(canvas, (start, row), (start + width, row), 255, -1)
    place = (round((0.05 if left else 0.84) * size), round(0.1 * size))
    cv2.putText(canvas, "R" if left else "L", place, cv2.FONT_HERSHEY_SIMPLEX, size / 300, 255, 1)
    return np.asarray(canvas, dtype=np.float32) / np.float32(255)
