"""TIFF files of the installed packages: against the samples that tifffile hands out, shown by TIFF 6.0.

tifffile's wheel ships no test images; `benchmarks.conformance.pictures` says how to name a folder of others.
"""

import io
from pathlib import Path

import numpy as np
import tifffile

from benchmarks.conformance.cases import Case
from benchmarks.conformance.pictures import by_pillow, found, rules
from scafe.evals.data.pictures.stored import turned_by
from scafe.evals.data.pixels import read_picture


def cases() -> list[Case]:
    """Return one case for each TIFF that is there."""
    return [_case(file) for file in found((".tif", ".tiff"))]


def _case(file: Path) -> Case:
    data = file.read_bytes()
    return Case(file.name, lambda: read_picture(data, file.name).image, lambda: _reference(data), rules(data))


def _reference(data: bytes) -> np.ndarray:
    with tifffile.TiffFile(io.BytesIO(data)) as opened:
        if len(opened.pages) > 1:
            raise ValueError("several pages")
        page = opened.pages[0]
        photometric, bits = int(page.photometric), page.bitspersample
        channels = {0: 1, 1: 1, 2: 3}.get(photometric)
        if channels is None or page.samplesperpixel != channels or int(page.compression) == 7:
            return by_pillow(data)
        stored = np.asarray(page.asarray())
        if int(page.planarconfig or 1) == 2 and channels == 3:
            stored = np.moveaxis(stored, 0, 2)
        orientation = int(page.tags[274].value) if 274 in page.tags else 1
    share = stored.reshape(*stored.shape[:2], channels).astype(float) / (2**bits - 1)
    shown = 255 * (1 - share if photometric == 0 else share)
    return turned_by(np.repeat(shown, 3 // channels, axis=2), max(orientation, 1))
