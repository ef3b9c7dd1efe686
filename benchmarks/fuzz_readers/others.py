"""Valid GIF, BMP, PPM and WebP files, for `benchmarks.fuzz_readers`."""

from functools import cache

import numpy as np

from benchmarks.fuzz_readers.png import COLOUR, oriented, saved
from scafe.evals.data.pixels import decode_image


def read(data: bytes) -> object:
    """Read a file."""
    return decode_image(data, "row 2")


@cache
def seeds() -> dict[str, bytes]:
    """Return valid files by name."""
    grey = COLOUR[..., 0]
    plain = {
        f"{kind} {n}": saved(one, kind)
        for kind in ("GIF", "BMP", "PPM")
        for n, one in ((3, COLOUR), (1, grey))
    }
    return plain | {
        "bits": saved(grey > 127, "BMP"),
        "lossless": saved(COLOUR, "WEBP", lossless=True, exif=oriented()),
        "alpha": saved(np.dstack([COLOUR, grey]), "WEBP", quality=60),
    }
