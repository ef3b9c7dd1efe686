"""What every reader of an image format shares: bytes from disk, their hash, the mask beside an image."""

import hashlib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.pixels import decode_mask
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask


@dataclass(frozen=True)
class Decoded:
    """One image as it was read, and what its file said about how to read it."""

    pair: ImageAndMask
    sha256: str
    """Over the bytes that image and mask were made of."""
    met: frozenset[Attribute] = frozenset()
    """Attributes of the format that this file has and the reader honoured or passed over."""
    spacing_mm: tuple[float, float] | None = None
    """Distance of rows and of columns in the decoded image; None: the file does not say."""


class Pixels(Protocol):
    """Where the pixels of one item come from."""

    def read(self, where: str) -> Decoded:
        """Return image and mask, and what the file said; DatasetError with `where` if it cannot be used."""
        ...


@dataclass(frozen=True)
class Optional:
    """A library that a format needs and a plain installation lacks."""

    module: str
    extra: str
    """Name of the extra in `pip install scafe[extra]`."""
    what: str


def needed(library: Optional, where: str) -> Any:
    """Import an optional library, or say how to install it."""
    try:
        return import_module(library.module)
    except ImportError:
        raise DatasetError(
            f"{where}: {library.what} need {library.module}; pip install 'scafe[{library.extra}]'"
        ) from None


def read_bytes(path: Path, where: str) -> bytes:
    """Read a file, or raise DatasetError with the reason."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DatasetError(f"{where}: there is no such file; correct the path or leave the row out") from None
    except IsADirectoryError:
        raise DatasetError(f"{where}: this is a folder, not an image; name the file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DatasetError(
            f"{where}: cannot be read ({reason}); check the link and its permissions"
        ) from None


def digest(*parts: bytes) -> str:
    """Return the SHA-256 over parts, each preceded by its length."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()


def mask_for(image: NDArray[np.uint8], mask: Path | None, where: str) -> tuple[NDArray[np.bool_], bytes]:
    """Return the mask of an image and its bytes; all True and no bytes if there is none."""
    height, width = image.shape[:2]
    if mask is None:
        return np.ones((height, width), dtype=bool), b""
    named = f"{where}, mask {mask.name}"
    data = read_bytes(mask, named)
    return decode_mask(data, named, (height, width)), data
