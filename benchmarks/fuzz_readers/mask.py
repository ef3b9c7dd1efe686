"""Valid mask files of every form that is understood, for `benchmarks.fuzz_readers`."""

from functools import cache

import numpy as np
from PIL import Image

from benchmarks.fuzz_readers.png import saved, with_checksums
from benchmarks.fuzz_readers.tiff import tiff
from scafe.evals.data.pixels import decode_mask
from scafe.knowledge.contract.errors import DatasetError

LESION = np.zeros((24, 32), np.uint8)
LESION[5:15, 6:20] = 1


def read(data: bytes) -> object:
    """Read a file without a label, and with one where that is refused."""
    try:
        return decode_mask(data, "row 2", LESION.shape)
    except DatasetError:
        return decode_mask(with_checksums(data), "row 2", LESION.shape, 1)


@cache
def seeds() -> dict[str, bytes]:
    """Return valid files by name."""
    palette = Image.fromarray(LESION, "P")
    palette.putpalette([0, 0, 0, 128, 0, 0] + [224, 224, 192] * 254)
    return {
        "white": saved(LESION * 255, "PNG"),
        "one bit": saved(LESION > 0, "PNG"),
        "palette": saved(palette, "PNG"),
        "alpha": saved(np.dstack([LESION * 255] * 4), "PNG"),
        "jpeg": saved(LESION * 255, "JPEG", quality=90),
        "lzw": tiff(LESION, compression="lzw"),
        "floats": tiff(LESION.astype(np.float32)),
        "white is zero": tiff(LESION == 0, photometric="miniswhite"),
    }
