"""What the chunks of a PNG say about its samples, after the third edition of the standard (W3C, 2025)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scafe.evals.data.rules.bounds import MAX_CHUNKS
from scafe.knowledge.contract.errors import DatasetError

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
CRITICAL: Final = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
SRGB_GAMMA: Final = 0.45455
GAMMA_OFF: Final = 0.05
"""Relative distance at which libpng, too, begins to correct (PNG_GAMMA_THRESHOLD)."""
SRGB_CHROMATICITIES: Final = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
CHROMATICITY_OFF: Final = 0.01
SRGB_CICP: Final = bytes((1, 13, 0, 1))
"""Colour primaries, transfer function, matrix, full range (H.273)."""


@dataclass(frozen=True)
class PngHead:
    """What the chunks before the pixels say."""

    bits: int
    colour_type: int
    gamma: float | None
    """None: sRGB, or an ICC profile counts."""
    significant: tuple[int, ...]
    """Significant bits of every channel; empty: not said."""
    transparent_grey: int | None
    sides: tuple[float, float]
    """Height and width of a pixel, in one unit."""
    has_print_size: bool


def png_head(data: bytes, where: str) -> PngHead:
    """Read the chunks.

    Raises
    ------
    DatasetError
        An animation, an unknown critical chunk, colour that is not sRGB and has no ICC profile.
    """
    found: dict[bytes, bytes] = {}
    for kind, content in _chunks(data, where):
        if kind == b"acTL":
            raise DatasetError(
                f"{where}: the file holds an animation (APNG); save the frame to use as its own image"
            )
        if not kind[0] & 0x20 and kind not in CRITICAL:
            raise DatasetError(
                f"{where}: the PNG needs the chunk {kind!r}, which is not known; save it as a plain PNG"
            )
        found.setdefault(kind, content)
    bits, colour_type = found.get(b"IHDR", bytes(13))[8:10]
    per_metre = struct.unpack(">IIB", found[b"pHYs"]) if len(found.get(b"pHYs", b"")) == 9 else (1, 1, 0)
    x, y = map(float, per_metre[:2]) if all(per_metre[:2]) else (1.0, 1.0)
    grey = found.get(b"tRNS", b"") if colour_type == 0 else b""
    return PngHead(
        bits=bits,
        colour_type=colour_type,
        gamma=_gamma(found, where),
        significant=tuple(found.get(b"sBIT", b"")),
        transparent_grey=int.from_bytes(grey, "big") if len(grey) == 2 else None,
        sides=(x, y),  # pixels per metre across: the more of them, the narrower a pixel, the taller beside it
        has_print_size=per_metre[2] == 1,
    )


def _chunks(data: bytes, where: str) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        # pixels are not looked at here, and no other chunk that counts is longer than this
        yield kind, data[at + 8 : at + 8 + min(size, 4096)]
        at += 12 + size
        if kind == b"IEND":
            return
    raise DatasetError(f"{where}: the PNG has more than {MAX_CHUNKS} chunks; save it anew")


def _gamma(found: dict[bytes, bytes], where: str) -> float | None:
    """Return the exponent to correct for; the order of precedence is the standard's."""
    if b"cICP" in found:
        if found[b"cICP"] != SRGB_CICP:
            raise DatasetError(f"{where}: colours in another space than sRGB (cICP); convert it to sRGB")
        return None
    if b"iCCP" in found or b"sRGB" in found:
        return None
    if len(found.get(b"cHRM", b"")) == 32:
        stated = [one / 100_000 for one in struct.unpack(">8I", found[b"cHRM"])]
        if max(abs(a - b) for a, b in zip(stated, SRGB_CHROMATICITIES, strict=True)) > CHROMATICITY_OFF:
            raise DatasetError(f"{where}: colours in another space than sRGB (cHRM); convert it to sRGB")
    if len(found.get(b"gAMA", b"")) != 4:
        return None
    gamma = int.from_bytes(found[b"gAMA"], "big") / 100_000
    return gamma if gamma > 0 and abs(gamma / SRGB_GAMMA - 1) > GAMMA_OFF else None
