"""Valid TIFF files of every way to store a picture that is read, for `benchmarks.fuzz_readers`."""

import io
from functools import cache

import numpy as np
import tifffile

from benchmarks.fuzz_readers.png import CHANCE, COLOUR, DEEP
from scafe.evals.data.pixels import decode_image


def read(data: bytes) -> object:
    """Read a file."""
    return decode_image(data, "row 2")


@cache
def seeds() -> dict[str, bytes]:
    """Return valid files by name."""
    grey = COLOUR[..., 0]
    colours = CHANCE.integers(0, 65536, (3, 256)).astype(np.uint16)
    turned = [(274, 3, 1, 6, True)]
    return {
        "white is zero": tiff(DEEP, photometric="miniswhite"),
        "deflate": tiff(COLOUR, photometric="rgb", compression="zlib", predictor=True, rowsperstrip=5),
        "lzw": tiff(grey, compression="lzw", extratags=turned, resolution=(9, 18), resolutionunit=3),
        "planes": tiff(np.moveaxis(COLOUR, 2, 0), photometric="rgb", planarconfig="separate"),
        "tiles": tiff(DEEP, tile=(16, 16), bigtiff=True, byteorder=">"),
        "alpha": tiff(np.dstack([COLOUR, grey]), photometric="rgb", extrasamples=["assocalpha"]),
        "palette": tiff(grey, photometric="palette", colormap=colours),
        "jpeg": tiff(COLOUR, photometric="rgb", compression="jpeg", rowsperstrip=24),
        "twelve": tiff(DEEP >> 4, bitspersample=12),
        "packbits": tiff(grey > 127, compression="packbits"),
    }


def tiff(values: np.ndarray, **how: object) -> bytes:
    """Write a TIFF without tifffile's own description."""
    file = io.BytesIO()
    tifffile.imwrite(file, values, **{"photometric": "minisblack", "metadata": None, **how})
    return file.getvalue()
