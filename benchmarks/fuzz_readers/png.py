"""Valid PNG files of every kind, for `benchmarks.fuzz_readers`; damaged ones keep right checksums too."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image, ImageCms

from scafe.evals.data.pixels import decode_image
from scafe.knowledge.contract.errors import DatasetError

CHANCE = np.random.default_rng(0)
COLOUR = CHANCE.integers(0, 256, (24, 32, 3)).astype(np.uint8)
DEEP = CHANCE.integers(0, 65536, (24, 32)).astype(np.uint16)


def read(data: bytes) -> object:
    """Read a file as it is, and with the checksum of every chunk made right: Pillow looks at those first."""
    try:
        return decode_image(data, "row 2")
    except DatasetError:
        return decode_image(with_checksums(data), "row 2")


@cache
def seeds() -> dict[str, bytes]:
    """Return valid files by name."""
    grey = COLOUR[..., 0]
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {
        "colour": saved(COLOUR, "PNG", exif=oriented(), icc_profile=profile),
        "sixteen": saved(DEEP, "PNG", dpi=(300, 150)),
        "alpha": saved(np.dstack([COLOUR, grey]), "PNG"),
        "palette": saved(Image.fromarray(grey % 9, "P"), "PNG", transparency=b"\x00\x80"),
        "chunks": _with_chunks(saved(grey, "PNG")),
    }


def saved(values: np.ndarray | Image.Image, kind: str, **how: object) -> bytes:
    """Write an array or a picture."""
    file = io.BytesIO()
    (values if isinstance(values, Image.Image) else Image.fromarray(values)).save(file, kind, **how)
    return file.getvalue()


def oriented() -> Image.Exif:
    """Return Exif data with an orientation and two other tags."""
    block = Image.Exif()
    block[0x0112], block[0x010F], block[0x011A] = 6, "maker", 72.0
    return block


def _with_chunks(data: bytes) -> bytes:
    more = b""
    for kind, content in (
        (b"gAMA", struct.pack(">I", 100_000)),
        (b"sBIT", b"\x08"),
        (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        (b"pHYs", struct.pack(">IIB", 2, 1, 0)),
        (b"tRNS", b"\x00\x09"),
    ):
        more += struct.pack(">I", len(content)) + kind + content
        more += struct.pack(">I", zlib.crc32(kind + content))
    return data[:33] + more + data[33:]


def with_checksums(data: bytes) -> bytes:
    """Make the checksum of every chunk right again, so that more than the first look at a file is tried."""
    fixed, at = bytearray(data), 8
    while at + 12 <= len(fixed):
        (size,) = struct.unpack_from(">I", fixed, at)
        end = at + 8 + size
        if end + 4 > len(fixed):
            break
        struct.pack_into(">I", fixed, end, zlib.crc32(fixed[at + 4 : end]))
        at = end + 4
    return bytes(fixed)
