"""TIFF files of given samples."""

import io
import struct

import numpy as np
import tifffile

from scafe.evals.data.pixels import decode_image

RAMP = np.linspace(0, 65535, 24 * 40).reshape(24, 40).astype(np.uint16)
COLOURS = np.random.default_rng(0).integers(0, 65536, (24, 40, 3)).astype(np.uint16)


def tiff(values: np.ndarray, **how: object) -> bytes:
    file = io.BytesIO()
    how.setdefault("photometric", "minisblack")
    tifffile.imwrite(file, values, metadata=None, **how)
    return file.getvalue()


def by_hand(values: np.ndarray, photometric: int, *more: tuple[int, int, int, int]) -> bytes:
    """A little-endian TIFF of one strip, tag by tag: no library has a say in it."""
    height, width = values.shape
    data = values.astype(values.dtype.newbyteorder("<")).tobytes()
    tags = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, values.dtype.itemsize * 8), (259, 3, 1, 1),
        (262, 3, 1, photometric), (273, 4, 1, 0), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(data)),
    ]  # fmt: skip
    tags = sorted([*(tag for tag in tags if tag[0] not in {one[0] for one in more}), *more])
    begin = 8 + 2 + 12 * len(tags) + 4
    packed = [struct.pack("<HHLL", t, k, n, begin if t == 273 else v) for t, k, n, v in tags]
    return b"II*\0" + struct.pack("<LH", 8, len(tags)) + b"".join(packed) + struct.pack("<L", 0) + data


def grey(data: bytes) -> np.ndarray:
    image = decode_image(data, "x")
    assert (image == image[..., :1]).all()
    return image[..., 0]


def scaled(values: np.ndarray, bits: int) -> np.ndarray:
    return np.rint(values.astype(float) / (2**bits - 1) * 255).astype(np.uint8)
