"""The samples of a TIFF: decoded by tifffile, which hands out what is stored, or by Pillow where it is right.

Pillow turns WhiteIsZero over at 1 to 8 bits and not at 16, reads one page as RGBX and another as RGBA by
lists of its own, and knows few planar files. It is asked only for compressions that plain tifffile lacks
(LZW, JPEG, CCITT), and only for the combinations in `BY_PILLOW`, which the tests compare with tifffile.
"""

import io
import zlib
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scafe.evals.data.pictures import table as pictures
from scafe.evals.data.pictures import tiff_table
from scafe.evals.data.pictures.stored import CHANNELS, Model, Stored, upright
from scafe.evals.data.pictures.tiff_head import COMPRESSIONS, SIGNATURES, TiffHead, first_page, tiff_head
from scafe.evals.data.rules.contained import contained
from scafe.knowledge.contract.errors import DatasetError

BY_TIFFFILE: Final = (1, 8, 32773, 32946)
"""Compressions that tifffile decodes by itself."""
DEFLATE: Final = (8, 32946)
BY_PILLOW: Final[dict[tuple[Model, int], str]] = {
    ("grey", 1): "1", ("grey", 8): "L", ("rgb", 8): "RGB", ("palette", 8): "P", ("cmyk", 8): "CMYK",
    ("ycbcr", 8): "RGB", ("grey", 16): "I;16",
}  # fmt: skip
"""Model and bits, without alpha and planes -> the mode that Pillow opens it in."""
INSTALL: Final = "pip install 'scafe[tiff]'"


def is_tiff(data: bytes) -> bool:
    """Tell a TIFF by its first bytes."""
    return data[:4] in SIGNATURES


def decode_tiff(data: bytes, where: str, is_mask: bool = False) -> Stored:
    """Decode the one page of a TIFF.

    Raises
    ------
    DatasetError
        Damage, several pages, a refused attribute (named), or a compression that is not installed.
    """
    with (
        contained(where, "the image is damaged or cut off", "copy it again or leave it out"),
        first_page(data, where) as page,
    ):
        head = tiff_head(page, data, where, is_mask)
        met = head.met | ({pictures.PROFILE} if head.profile else set())
        stored = Stored(
            samples=np.zeros((1, 1, 1), np.uint8),
            model=head.model,
            bits=head.bits,
            alpha=head.alpha,
            profile=head.profile,
            sides=head.sides,
            spacing_mm=head.spacing_mm,
            is_lossy=head.compression == 7,
            met=met | ({tiff_table.COMPRESSED} if head.compression != 1 else set()),
        )
        if head.compression not in BY_TIFFFILE and _is_for_pillow(head):
            return _by_pillow(stored, head, data, where)
        samples = _samples(page, head, where)
        if head.is_white_zero:
            samples = _turned_over(samples, head)
        if head.model == "palette":
            stored = replace(stored, palette=_palette(page, head, where))
        return upright(replace(stored, samples=samples), head.orientation, where)


def _is_for_pillow(head: TiffHead) -> bool:
    if (head.compression == 7 and head.model == "cmyk") or (head.bits == 16 and head.is_white_zero):
        return False
    is_plain = not head.is_planar and head.kind == "u" and head.alpha == "none"
    return is_plain and (head.model, head.bits) in BY_PILLOW


def _by_pillow(stored: Stored, head: TiffHead, data: bytes, where: str) -> Stored:
    """Take samples from Pillow, which shows WhiteIsZero turned over and the picture upright already."""
    picture = Image.open(io.BytesIO(data), formats=("TIFF",))
    picture.load()
    expected = BY_PILLOW[head.model, head.bits]
    if not picture.mode.startswith(expected):
        raise DatasetError(f"{where}: this TIFF needs imagecodecs; {INSTALL}")
    palette = None
    if head.model == "palette":
        flat = np.array(picture.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
        palette = np.concatenate([flat, np.full((len(flat), 1), 255, np.uint8)], axis=1)
    samples = np.asarray(picture).astype(np.uint16 if head.bits == 16 else np.uint8)
    sides = head.sides if head.orientation < 5 else head.sides[::-1]
    spacing = head.spacing_mm if head.orientation < 5 or not head.spacing_mm else head.spacing_mm[::-1]
    return replace(
        stored,
        samples=samples[:, :, None] if samples.ndim == 2 else samples,
        model="rgb" if head.model == "ycbcr" else head.model,
        palette=palette,
        sides=sides,
        spacing_mm=spacing,
    )


def _samples(page: Any, head: TiffHead, where: str) -> NDArray[Any]:
    _require_tiles_that_fit(page, where)
    _require_whole(page, where)
    if head.compression in DEFLATE:
        _require_honest_deflate(page, where)
    try:
        values = np.asarray(page.asarray(maxworkers=1))
    except (KeyError, ValueError, NotImplementedError) as error:
        if "imagecodecs" in str(error):
            what = f"{COMPRESSIONS[head.compression]}, {head.bits} bits, {head.model}"
            raise DatasetError(f"{where}: this TIFF ({what}) needs imagecodecs; {INSTALL}") from None
        raise
    height, width = int(page.imagelength), int(page.imagewidth)
    if head.is_planar:
        values = np.moveaxis(values.reshape(head.samples, height, width), 0, 2)
    values = values.reshape(height, width, head.samples)
    return values.astype(np.uint8) if values.dtype == bool else values


def _turned_over(samples: NDArray[Any], head: TiffHead) -> NDArray[Any]:
    if head.kind != "u":
        return samples
    turned = samples.copy()
    grey = turned[..., : CHANNELS[head.model]]
    np.subtract(np.array(2**head.bits - 1, dtype=samples.dtype), grey, out=grey)
    return turned


def _palette(page: Any, head: TiffHead, where: str) -> NDArray[np.uint8]:
    wide = np.asarray(page.tags[320].value, dtype=np.int64).reshape(3, -1).T
    if len(wide) != 2**head.bits:
        raise DatasetError(f"{where}: the ColorMap has {len(wide)} colours for {head.bits} bits; save as RGB")
    if 0 < wide.max() < 256:
        raise DatasetError(f"{where}: the ColorMap holds 8-bit values, TIFF wants 16; save the image as RGB")
    colours = np.rint(wide / 257).astype(np.uint8)
    return np.concatenate([colours, np.full((len(colours), 1), 255, np.uint8)], axis=1)


def _require_whole(page: Any, where: str) -> None:
    """Refuse strips that are not there: tifffile fills an empty one with zeros, as sparse files mean it."""
    end = int(page.parent.filehandle.size)
    for begin, size in zip(page.dataoffsets, page.databytecounts, strict=True):
        if not begin or not size or begin + size > end:
            raise DatasetError(
                f"{where}: the image is cut off, a strip or tile is missing; copy it again or leave it out"
            )


def _require_tiles_that_fit(page: Any, where: str) -> None:
    area = int(page.tilewidth or 0) * int(page.tilelength or 0)
    if area > max(4 * int(page.imagewidth) * int(page.imagelength), 2**22):
        raise DatasetError(
            f"{where}: tiles of {page.tilewidth}×{page.tilelength} for a smaller image; save it anew"
        )


def _require_honest_deflate(page: Any, where: str) -> None:
    """Inflate every segment up to the size it should have, before tifffile does without a bound."""
    rows = int(page.tilelength or page.rowsperstrip or page.imagelength)
    width = int(page.tilewidth or page.imagewidth)
    channels = int(page.samplesperpixel)
    most = min(rows, max(int(page.imagelength), int(page.tilelength or 0))) * width * channels * 8
    for segment, _ in page.parent.filehandle.read_segments(page.dataoffsets, page.databytecounts):
        if segment is not None and len(zlib.decompressobj().decompress(segment, most + 1)) > most:
            raise DatasetError(f"{where}: a strip unpacks to more than the image holds; save it anew")
