"""The phantoms of a bundle, kept as pixels: a generator may draw otherwise in two years, its past may not."""

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.zipped import ZipBounds, read_npy, read_zip, zip_bytes
from scafe.knowledge.contract.errors import IntegrityError
from scafe.sandbox.pool.pool import ImageAndMask

BOUNDS: Final = ZipBounds(entries=200, unpacked_bytes=128 << 20, ratio=1100)
"""Masks of one value shrink to a thousandth, so the ratio bounds nothing here; the bytes do."""
MOST_PIXELS: Final = 8192
"""Of a side."""


def dump_phantoms(images: Sequence[ImageAndMask]) -> bytes:
    """Pack images and masks as a numpy archive: `image_0`, `mask_0`, `image_1` and so on.

    Examples
    --------
    >>> one = ImageAndMask(np.zeros((4, 5, 3), np.uint8), np.ones((4, 5), bool))
    >>> load_phantoms(dump_phantoms([one]), "here")[0].image.shape
    (4, 5, 3)
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for number, one in enumerate(images):
        arrays |= {f"image_{number}": one.image, f"mask_{number}": one.mask}
    return zip_bytes({f"{name}.npy": _npy(array) for name, array in arrays.items()})


def load_phantoms(content: bytes, where: str) -> list[ImageAndMask]:
    """Read them back, in order.

    Raises
    ------
    IntegrityError
        `content` is no such archive, or holds anything else; `where` names it.
    """
    try:
        files = read_zip(content, where, BOUNDS)
        count = len(files) // 2
        images = [read_npy(files.pop(f"image_{n}.npy"), f"image_{n}", ("|u1",)) for n in range(count)]
        masks = [read_npy(files.pop(f"mask_{n}.npy"), f"mask_{n}", ("|b1",)) for n in range(count)]
        _require_pictures(images, masks, list(files))
    except (IntegrityError, ValueError, KeyError) as error:
        raise IntegrityError(
            f"{where} does not hold the phantoms of a bundle ({error}); freeze the run again"
        ) from None
    return [ImageAndMask(image, mask) for image, mask in zip(images, masks, strict=True)]


def _require_pictures(
    images: Sequence[NDArray[Any]], masks: Sequence[NDArray[Any]], others: Sequence[str]
) -> None:
    if others:
        raise ValueError(f"{others[0]!a} is no phantom")
    for number, (image, mask) in enumerate(zip(images, masks, strict=True)):
        is_picture = image.ndim == 3 and mask.ndim == 2 and image.shape[:2] == mask.shape
        if not is_picture or not image.size or max(image.shape) > MOST_PIXELS:
            raise ValueError(f"image_{number} has shape {image.shape}, its mask {mask.shape}")
        if mask.view(np.uint8).max() > 1:
            raise ValueError(f"mask_{number} holds bytes other than 0 and 1")


def _npy(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()
