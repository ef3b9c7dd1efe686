"""The phantoms of a bundle, kept as pixels: a generator may draw otherwise in two years, its past may not."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.zipped import zip_bytes
from scafe.knowledge.contract.errors import IntegrityError
from scafe.sandbox.pool.pool import ImageAndMask


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
        `content` is no such archive; `where` names it.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            count = len(archive.files) // 2
            return [
                ImageAndMask(_array(archive, f"image_{number}"), _array(archive, f"mask_{number}"))
                for number in range(count)
            ]
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise IntegrityError(
            f"{where} does not hold the phantoms of a bundle ({error}); freeze the run again"
        ) from None


def _array(archive: Any, name: str) -> NDArray[Any]:
    value = archive[name]
    if not isinstance(value, np.ndarray):  # numpy hands out the bytes of what is no array
        raise ValueError(f"{name} is no array")
    return value


def _npy(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()
