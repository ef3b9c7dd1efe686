"""Millimetres between rows and columns, and square pixels where they differ (PS3.3 10.7.1, C.7.6.3.1.7).

An image whose pixels are not square is resampled by the rule of every format, `rules/squared.py`.
"""

from dataclasses import dataclass
from typing import Any

from scafe.evals.data.dcm.values import CORRECT, numbers
from scafe.evals.data.rules.bounds import MAX_SQUARING
from scafe.evals.data.rules.squared import EQUAL
from scafe.knowledge.contract.errors import DatasetError

SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
"""In the order in which they count: calibrated, at the detector, of the scanned film."""


@dataclass(frozen=True)
class Pitch:
    """Size of a pixel."""

    ratio: float
    """Height to width."""
    spacing_mm: tuple[float, float] | None
    """Between rows, between columns; None: the file does not say."""

    @property
    def sides(self) -> tuple[float, float]:
        """Height and width of a pixel: in millimetres, or against each other."""
        return self.spacing_mm or (self.ratio, 1.0)


def read_pitch(flat: Any, where: str) -> Pitch:
    """Read spacing and aspect ratio; DatasetError where they are no sizes, or contradict each other."""
    named = {name: _pair(flat, name, where) for name in SPACINGS}
    spacing = next((pair for pair in named.values() if pair), None)
    aspect = _pair(flat, "PixelAspectRatio", where)
    ratio = spacing[0] / spacing[1] if spacing else aspect[0] / aspect[1] if aspect else 1.0
    if aspect and abs(aspect[0] / aspect[1] / ratio - 1) > EQUAL:
        raise DatasetError(
            f"{where}: DICOM PixelAspectRatio = {aspect[0]:g}\\{aspect[1]:g} contradicts the pixel spacing "
            f"{spacing}; {CORRECT}"
        )
    if not 1 / MAX_SQUARING <= ratio <= MAX_SQUARING:
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
