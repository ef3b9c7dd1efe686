"""From a file's bytes to the array an extractor sees: (H, W, 3) uint8 sRGB and an (H, W) bool mask.

Grey becomes three equal channels; palette, CMYK, YCbCr and Lab become RGB; a colour profile is converted to
sRGB; transparency is laid over white, as a viewer would; deeper samples are scaled so that their largest
value is 255; the orientation is carried out. What is not understood is refused. The tables in
`evals/data/pictures` say what each attribute of each format means.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.pictures import table, tiff_table
from scafe.evals.data.pictures.by_pillow import decode_by_pillow
from scafe.evals.data.pictures.colour import to_srgb
from scafe.evals.data.pictures.outlines import outline_of
from scafe.evals.data.pictures.stored import Stored
from scafe.evals.data.pictures.tiff import decode_tiff, is_tiff
from scafe.evals.data.rules.bounds import check_size as check_size
from scafe.knowledge.contract.errors import DatasetError

SUFFIXES: Final = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
ATTRIBUTES: tuple[Attribute, ...] = (*table.ATTRIBUTES, *tiff_table.ATTRIBUTES)


@dataclass(frozen=True)
class Picture:
    """One picture as an extractor may see it, its pixels not yet square."""

    image: NDArray[np.uint8]
    """(H, W, 3) sRGB."""
    sides: tuple[float, float]
    """Height and width of a pixel, in any one unit."""
    spacing_mm: tuple[float, float] | None
    met: frozenset[Attribute]


def read_picture(data: bytes, where: str) -> Picture:
    """Decode one image file, with what it says of its pixels.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        Names file and row in errors, e.g. "row 12 (images/a.jpg)".

    Raises
    ------
    DatasetError
        If the bytes are no image, are cut off, animated, too large or too small, or have an attribute that
        is refused (named).
    """
    stored = _stored(data, where)
    return Picture(to_srgb(stored, where), stored.sides, stored.spacing_mm, stored.met)


def decode_image(data: bytes, where: str) -> NDArray[np.uint8]:
    """Decode one image file to (H, W, 3) uint8 sRGB; see `read_picture`."""
    return read_picture(data, where).image


def decode_mask(
    data: bytes, where: str, shape: tuple[int, int], label: int | None = None
) -> NDArray[np.bool_]:
    """Decode one mask; `evals/data/rules/masks.py` has the rule.

    Parameters
    ----------
    data : bytes
        The whole file.
    where : str
        Names file and row in errors.
    shape : (int, int)
        Height and width of the image.
    label : int, optional
        The level that marks the lesion, where there are more than two.

    Raises
    ------
    DatasetError
        If the mask cannot be read, has another size than its image, marks nothing, or has more levels than
        two and no label says which counts.
    """
    stored = _stored(data, where, is_mask=True)
    if stored.samples.shape[:2] != shape:
        raise DatasetError(
            f"{where}: the mask has {_size(stored.samples.shape)} pixels but its image {_size(shape)}; "
            "export the mask at the image's size"
        )
    return outline_of(stored, where, label)


def _stored(data: bytes, where: str, is_mask: bool = False) -> Stored:
    return decode_tiff(data, where, is_mask) if is_tiff(data) else decode_by_pillow(data, where)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"
