"""What a compressed frame says of itself: its size, read from its own header before a decoder takes memory.

JPEG: ITU-T T.81 B.2.2; JPEG-LS: T.87 C.2.2; JPEG 2000: T.800 A.5.1 and A.6.1; RLE: DICOM PS3.5 annex G.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scafe.evals.data.dcm.rows import bounds
from scafe.knowledge.contract.errors import DatasetError

FRAMES_OF_JPEG = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
"""SOF markers: the segment behind one holds precision, height, width and components."""
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment."""
BEGINNING = b"\xff\x4f\xff\x51"
"""Of a JPEG 2000 codestream: SOC and SIZ."""
RGB_IDS = (b"RGB", b"rgb")
COD, COC, SOT, SOD = 0x52, 0x53, 0x90, 0x93
"""JPEG 2000 markers: coding style, of all components and of one; start of a tile-part, and of its data."""


@dataclass(frozen=True)
class Stream:
    """Size of a compressed frame, and what it says of its colours."""

    rows: int
    columns: int
    samples: int
    bits: int
    is_rgb: bool | None = None
    """JPEG: whether its markers say that colours are RGB; None: they do not say."""
    is_transformed: bool = False
    """JPEG 2000: whether the decoder turns the components into RGB by itself (T.800 annex G)."""
    blocks: int = 0
    """JPEG 2000: code blocks and precincts, or tiles if these are more."""


def jpeg(frame: bytes, where: str) -> Stream:
    """Read the size from a JPEG or JPEG-LS stream; DatasetError if it has none, or too many scans."""
    scans = frame.count(b"\xff\xda")
    if scans > bounds.MAX_SCANS:
        raise DatasetError(
            f"{where}: the JPEG stream has {scans} scans, more than {bounds.MAX_SCANS}; save it uncompressed"
        )
    place, is_rgb = 2, None
    while place + 4 <= len(frame) and frame[place] == 0xFF:
        marker, size = frame[place + 1], int.from_bytes(frame[place + 2 : place + 4], "big")
        segment = frame[place + 4 : place + 2 + size]
        if marker in ALONE or marker == 0xFF:
            place += 1 if marker == 0xFF else 2
            continue
        if marker in FRAMES_OF_JPEG and len(segment) >= 6:
            bits, rows, columns, samples = struct.unpack(">BHHB", segment[:6])
            named = segment[6::3][:3] in RGB_IDS
            return Stream(rows, columns, samples, bits, True if named and is_rgb is None else is_rgb)
        is_rgb = _colours(marker, segment, is_rgb)
        place += 2 + size
    raise DatasetError(f"{where}: the JPEG stream has no frame header; copy the file again or leave it out")


def _colours(marker: int, segment: bytes, before: bool | None) -> bool | None:
    # Adobe's marker tells the transform and goes before JFIF's, which means YCbCr.
    if marker == 0xEE and segment[:5] == b"Adobe" and len(segment) >= 12:
        return segment[11] == 0
    if marker == 0xE0 and segment[:4] == b"JFIF" and before is None:
        return False
    return before


def jpeg_2000(frame: bytes, where: str) -> Stream:
    """Read size and number of blocks from a JPEG 2000 stream; DatasetError if it has none."""
    segments = list(_segments(frame)) if frame.startswith(BEGINNING) else []
    siz = segments[0][1] if segments and segments[0][0] == 0x51 else b""
    if len(siz) < 37:
        raise DatasetError(f"{where}: the JPEG 2000 stream has no size; copy the file again or leave it out")
    x1, y1, x0, y0, tile_x, tile_y, _, _, samples = struct.unpack(">8IH", siz[2:36])
    found = Stream(y1 - y0, x1 - x0, samples, (siz[36] & 0x7F) + 1)
    tiles = -(-max(found.rows, 0) // max(tile_y, 1)) * -(-max(found.columns, 0) // max(tile_x, 1))
    blocks = sum(_blocks(coding, found, tiles) for coding in _codings(segments, samples))
    transformed = any(marker == COD and segment[4:5] == b"\x01" for marker, segment in segments)
    return replace(found, is_transformed=transformed, blocks=max(blocks, tiles))


def _segments(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of the segments of main and tile-part headers."""
    place, tile_part = 2, (0, 0)
    while place + 4 <= len(stream) and stream[place] == 0xFF:
        marker, size = stream[place + 1], int.from_bytes(stream[place + 2 : place + 4], "big")
        if marker == SOD:
            begin, length = tile_part
            if not length:  # the last tile-part may leave its length out
                return
            place = begin + length
            continue
        segment = stream[place + 4 : place + 2 + size]
        if marker == SOT:
            length = int.from_bytes(segment[2:6], "big")
            tile_part = (place, length if length > 12 else 0)
        yield marker, segment
        place += 2 + max(size, 2)


def _codings(segments: list[tuple[int, bytes]], samples: int) -> set[bytes]:
    wide = 1 if samples < 257 else 2
    coded = {segment for marker, segment in segments if marker == COD}
    coded |= {seg[wide : wide + 1] + bytes(4) + seg[wide + 1 :] for marker, seg in segments if marker == COC}
    return {coding for coding in coded if len(coding) >= 10}


def _blocks(coding: bytes, size: Stream, tiles: int) -> int:
    """Return how many code blocks and precincts the whole picture has under one coding style."""
    levels = min(coding[5], 32)
    pixels = max(size.rows, 0) * max(size.columns, 0) * size.samples
    precincts = coding[10 : 11 + levels] if coding[0] & 1 else b""
    found: int = pixels >> min((coding[6] & 15) + (coding[7] & 15) + 4, 30)
    for level, one in enumerate(precincts):
        found += int(pixels >> (2 * (levels - level) + (one & 15) + (one >> 4)))
    return int(found + size.samples * tiles * (levels + 1))


def rle(frame: bytes, expected: int, where: str) -> int:
    """Return the segments of an RLE frame; DatasetError if one unpacks to more than `expected` bytes."""
    if len(frame) < 64:
        raise DatasetError(f"{where}: the RLE header is cut off; copy the file again or leave it out")
    count, *starts = struct.unpack("<16I", frame[:64])
    if not 1 <= count <= 15:
        raise DatasetError(f"{where}: the RLE header names {count} segments; copy the file again")
    for start, end in zip(starts[:count], [*starts[1:count], len(frame)], strict=True):
        _require_short(frame[start:end], expected, where)
    return int(count)


def _require_short(segment: bytes, expected: int, where: str) -> None:
    place = unpacked = 0
    while place < len(segment):
        header = segment[place]
        literal = header < 128
        place += header + 2 if literal else 2 if header > 128 else 1
        unpacked += header + 1 if literal else 257 - header if header > 128 else 0
        if unpacked > expected + 128:  # the last packet may pad a segment
            raise DatasetError(
                f"{where}: an RLE segment unpacks to more than the {expected:,} bytes of its plane; "
                "save the file uncompressed, or leave it out"
            )
