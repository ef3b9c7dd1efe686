"""Valid JPEG files of every kind that is read, for `benchmarks.fuzz_readers`."""

from functools import cache

import numpy as np
from PIL import Image, ImageCms

from benchmarks.fuzz_readers.png import COLOUR, oriented, saved
from scafe.evals.data.pixels import decode_image


def read(data: bytes) -> object:
    """Read a file."""
    return decode_image(data, "row 2")


@cache
def seeds() -> dict[str, bytes]:
    """Return valid files by name."""
    grey = COLOUR[..., 0]
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {
        "colour": saved(COLOUR, "JPEG", exif=oriented(), icc_profile=profile),
        "grey": saved(grey, "JPEG", quality=95),
        "progressive": saved(COLOUR, "JPEG", progressive=True, dpi=(72, 144)),
        "cmyk": saved(Image.fromarray(np.dstack([COLOUR, grey]), "CMYK"), "JPEG"),
    }
