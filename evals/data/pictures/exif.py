"""The orientation in Exif data, read by itself: what else is odd in there must not lose it.

ImageOps.exif_transpose of Pillow writes the other tags back, and raises where it cannot: a resolution of -1/0
ended the process.
"""

import struct
from collections.abc import Iterator
from typing import Final

ORIENTATION: Final = 0x0112
SHORT, LONG = 3, 4
PREFIX: Final = b"Exif\0\0"


def orientation_of(exif: bytes) -> int:
    """Return the orientation in the first directory, 1 if there is none.

    Parameters
    ----------
    exif : bytes
        A TIFF header and its directories, with or without the prefix of a JPEG segment.
    """
    data = exif.removeprefix(PREFIX)
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return 1
    for tag, kind, count, value in _entries(data, order):
        if tag == ORIENTATION and count == 1 and kind in (SHORT, LONG):
            return int(struct.unpack(f"{order}H2x" if kind == SHORT else f"{order}I", value)[0])
    return 1


def _entries(data: bytes, order: str) -> Iterator[tuple[int, int, int, bytes]]:
    (begin,) = struct.unpack(f"{order}I", data[4:8])
    if begin + 2 > len(data):
        return
    (count,) = struct.unpack(f"{order}H", data[begin : begin + 2])
    for at in range(begin + 2, min(begin + 2 + 12 * count, len(data) - 11), 12):
        tag, kind, number = struct.unpack(f"{order}HHI", data[at : at + 8])
        yield tag, kind, number, data[at + 8 : at + 12]
