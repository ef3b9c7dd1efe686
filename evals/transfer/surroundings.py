"""What an image is besides its lesion: how large the region, how bright the border, how much light."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.evals.audit.shortcuts import BORDER_SHARE
from scafe.sandbox.pool.pool import ImageAndMask

Floats = NDArray[np.float64]
STEP = 4
"""Pixels are read in steps: light and border of an image of 128 pixels are told as well by every fourth."""
LEAST_OUTSIDE = 16
"""Pixels outside the region below which its light is that of the whole image."""


@dataclass(frozen=True)
class Surroundings:
    """One number an image for each of three things that no feature should follow."""

    size: Floats
    """Pixels of the region; of the image where the region is all of it."""
    border: Floats
    """Median grey along the image's edge over that of the image: below 1 where a lens darkens it."""
    exposure: Floats
    """Median grey outside the region."""

    def columns(self) -> dict[str, Floats]:
        """Return them by name."""
        return {"size": self.size, "border": self.border, "exposure": self.exposure}


def surroundings(images: Iterable[ImageAndMask]) -> Surroundings:
    """Look at images one after the other; none is held."""
    rows = np.array([_row(one) for one in images], dtype=np.float64).reshape(-1, 3)
    return Surroundings(rows[:, 0], rows[:, 1], rows[:, 2])


def _row(one: ImageAndMask) -> tuple[float, float, float]:
    grey = one.image[::STEP, ::STEP].mean(axis=2)
    outside = grey[~one.mask[::STEP, ::STEP]]
    light = float(np.median(outside if outside.size >= LEAST_OUTSIDE else grey))
    edge = max(1, round(BORDER_SHARE * min(grey.shape)))
    frame = np.ones(grey.shape, bool)
    frame[edge:-edge, edge:-edge] = False
    border = (float(np.median(grey[frame])) + 1) / (float(np.median(grey)) + 1)
    return float(one.mask.sum() or one.mask.size), border, light
