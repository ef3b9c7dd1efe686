"""What the segments of a JPEG say about its samples."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scafe.evals.data.rules.bounds import MAX_CHUNKS
from scafe.knowledge.contract.errors import DatasetError

SIGNATURE: Final = b"\xff\xd8\xff"
FRAMES: Final = {0xC0 + n for n in range(16)} - {0xC4, 0xC8, 0xCC}
DECODED: Final = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
"""Baseline, extended and progressive with Huffman codes; extended and progressive with arithmetic ones."""
START_OF_SCAN: Final = 0xDA
ALONE: Final = {0x01, *range(0xD0, 0xD9)}


@dataclass(frozen=True)
class JpegHead:
    """What the segments before the first scan say."""

    frame: int
    """Marker of the frame; 0: none was found."""
    channels: int
    has_adobe: bool
    sides: tuple[float, float]
    """Height and width of a pixel, in one unit."""
    has_print_size: bool


def jpeg_head(data: bytes, where: str) -> JpegHead:
    """Read the segments before the first scan.

    Raises
    ------
    DatasetError
        Another precision than 8 bits, lossless, hierarchical.
    """
    frame, channels, has_adobe, density = 0, 0, False, (0, 1, 1)
    for marker, content in _segments(data, where):
        if marker in FRAMES and not frame:
            frame, channels = marker, content[5] if len(content) > 5 else 0
            _require_decodable(marker, content, where)
        elif marker == 0xEE and content[:5] == b"Adobe":
            has_adobe = True
        elif marker == 0xE0 and content[:5] == b"JFIF\0" and len(content) >= 12:
            density = struct.unpack(">BHH", content[7:12])
    if channels == 4 and not has_adobe:
        raise DatasetError(
            f"{where}: CMYK without an Adobe marker does not say whether 0 is full ink; save it as RGB"
        )
    x, y = map(float, density[1:]) if all(density[1:]) else (1.0, 1.0)
    return JpegHead(frame, channels, has_adobe, (x, y), density[0] in (1, 2))


def _require_decodable(marker: int, content: bytes, where: str) -> None:
    if marker not in DECODED:
        raise DatasetError(f"{where}: lossless or hierarchical JPEG; save it as PNG or 8-bit JPEG")
    if content[:1] != b"\x08":
        bits = content[0] if content else 0
        raise DatasetError(f"{where}: JPEG of {bits} bits; save it as 16-bit PNG or 8-bit JPEG")


def _segments(data: bytes, where: str) -> Iterator[tuple[int, bytes]]:
    at = 2
    for _ in range(MAX_CHUNKS):
        at = data.find(b"\xff", at)
        if at < 0 or at + 4 > len(data):
            return
        marker = data[at + 1]
        if marker in (0x00, 0xFF) or marker in ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == START_OF_SCAN:
            return
        (size,) = struct.unpack(">H", data[at + 2 : at + 4])
        yield marker, data[at + 4 : at + 2 + size]
        at += 2 + max(size, 2)
    raise DatasetError(f"{where}: the JPEG has more than {MAX_CHUNKS} segments; save it anew")
