"""The samples of a picture as they are stored, with everything that is needed to show them."""

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.attributes import Attribute
from scafe.knowledge.contract.errors import DatasetError

Model = Literal["grey", "rgb", "palette", "cmyk", "ycbcr", "lab"]
Alpha = Literal["none", "straight", "premultiplied"]
CHANNELS: Final[dict[Model, int]] = {"grey": 1, "rgb": 3, "palette": 1, "cmyk": 4, "ycbcr": 3, "lab": 3}


@dataclass(frozen=True)
class Stored:
    """One picture, upright."""

    samples: NDArray[Any]
    """(H, W, S): the channels of `model`, and alpha after them if there is one."""
    model: Model
    bits: int = 8
    """A sample of 2**bits - 1 is white, full ink or opaque; for a palette the width of an index."""
    alpha: Alpha = "none"
    palette: NDArray[np.uint8] | None = None
    """(n, 4): red, green, blue and opacity of every index."""
    profile: bytes | None = None
    """An ICC profile that says what the samples mean."""
    gamma: float | None = None
    """Exponent of the file (PNG gAMA) where it is not that of sRGB; None: sRGB."""
    sides: tuple[float, float] = (1.0, 1.0)
    """Height and width of a pixel, in any one unit."""
    spacing_mm: tuple[float, float] | None = None
    """Distance of rows and of columns where the file states a physical one."""
    is_lossy: bool = False
    """Whether neighbours of an edge may have other values than were saved."""
    met: frozenset[Attribute] = frozenset()

    @property
    def largest(self) -> int:
        """Largest value of a sample."""
        return int(2**self.bits - 1)


def upright(stored: Stored, orientation: int, where: str) -> Stored:
    """Carry out an orientation of TIFF 6.0 or Exif: which corner of the scene the first sample is.

    Parameters
    ----------
    stored : Stored
        As stored.
    orientation : int
        1 to 8; 0 is taken for 1, as cameras write it that do not know.

    Raises
    ------
    DatasetError
        Any other value.
    """
    if orientation in (0, 1):
        return stored
    if orientation not in range(2, 9):
        raise DatasetError(f"{where}: orientation {orientation} does not exist (1 to 8); correct the file")
    height, width = stored.sides
    turned = stored.spacing_mm
    if orientation >= 5:
        height, width = width, height
        turned = None if turned is None else (turned[1], turned[0])
    samples = np.ascontiguousarray(turned_by(stored.samples, orientation))
    return replace(stored, samples=samples, sides=(height, width), spacing_mm=turned)


def turned_by(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return rows and columns in the order that a viewer shows (TIFF 6.0, Orientation, page 36)."""
    if orientation >= 5:
        samples = samples.swapaxes(0, 1)
    rows_back = orientation in (3, 4, 7, 8)
    columns_back = orientation in (2, 3, 6, 7)
    return samples[:: -1 if rows_back else 1, :: -1 if columns_back else 1]
