"""Millimetres between rows and columns, and square pixels where they differ (PS3.3 10.7.1, C.7.6.3.1.7).

An image whose pixels are not square is resampled to the smaller of its two spacings, so that nothing is lost:
linear between pixel centres, the mask to the nearest pixel. Within `SAME` they count as square.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from scafe.evals.data.dcm.rows.bounds import MAX_STRETCH
from scafe.evals.data.dcm.values import CORRECT, numbers
from scafe.evals.data.pixels import check_size
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask

SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
"""In the order in which they count: calibrated, at the detector, of the scanned film."""
SAME = 0.01
"""Relative difference up to which two spacings are one: they are often written with three digits."""


@dataclass(frozen=True)
class Pitch:
    """Size of a pixel."""

    ratio: float
    """Height to width."""
    spacing_mm: tuple[float, float] | None
    """Between rows, between columns; None: the file does not say."""

    @property
    def is_square(self) -> bool:
        """Whether no resampling is needed."""
        return abs(self.ratio - 1) <= SAME


def read_pitch(flat: Any, where: str) -> Pitch:
    """Read spacing and aspect ratio; DatasetError where they are no sizes, or contradict each other."""
    named = {name: _pair(flat, name, where) for name in SPACINGS}
    spacing = next((pair for pair in named.values() if pair), None)
    aspect = _pair(flat, "PixelAspectRatio", where)
    ratio = spacing[0] / spacing[1] if spacing else aspect[0] / aspect[1] if aspect else 1.0
    if aspect and abs(aspect[0] / aspect[1] / ratio - 1) > SAME:
        raise DatasetError(
            f"{where}: DICOM PixelAspectRatio = {aspect[0]:g}\\{aspect[1]:g} contradicts the pixel spacing "
            f"{spacing}; {CORRECT}"
        )
    if not 1 / MAX_STRETCH <= ratio <= MAX_STRETCH:
        raise DatasetError(f"{where}: DICOM pixels are {ratio:g} times as high as wide; {CORRECT}")
    return Pitch(ratio, spacing)


def _pair(flat: Any, name: str, where: str) -> tuple[float, float] | None:
    found = numbers(flat, name, where)
    if not any(found):  # absent, or 0\\0 as writers put that do not know it
        return None
    if len(found) != 2 or min(found) <= 0:
        said = "\\".join(f"{value:g}" for value in found)
        raise DatasetError(f"{where}: DICOM {name} = {said} is no size of a pixel; {CORRECT}")
    return found[0], found[1]


def to_square(
    pair: ImageAndMask, pitch: Pitch, where: str
) -> tuple[ImageAndMask, tuple[float, float] | None]:
    """Return image and mask on square pixels, and their spacing.

    Raises
    ------
    DatasetError
        If the resampled image would be too large, or its mask would mark nothing.
    """
    if pitch.is_square:
        return pair, pitch.spacing_mm
    height, width = pair.mask.shape
    size = (width, round(height * pitch.ratio)) if pitch.ratio > 1 else (round(width / pitch.ratio), height)
    check_size(*size, where)
    image = cv2.resize(pair.image, size, interpolation=cv2.INTER_LINEAR)
    mask = cv2.resize(pair.mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT).astype(bool)
    finest = min(pitch.spacing_mm) if pitch.spacing_mm else None
    return ImageAndMask(np.asarray(image, np.uint8), mask), (finest, finest) if finest else None
