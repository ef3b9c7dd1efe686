"""What every reader of an image format shares: bytes from disk, their hash, the mask beside an image."""

import hashlib
import os
import stat
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.pixels import decode_mask
from scafe.evals.data.rules.bounds import MAX_FILE_BYTES
from scafe.evals.data.rules.intensity import levels_inside
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask

FilePath = str | Path
"""Of a file; a string where a data set holds many, in a third of the memory."""


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
    box_mm: tuple[float, ...] | None = None
    """Lowest and highest x, y, z of a volume in the patient; None: no volume, or its file does not say."""

    @property
    def levels(self) -> int:
        """How many grey levels are left inside the mask, of 256, in the channel that has most."""
        return levels_inside(self.pair.image, self.pair.mask)


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


def read_bytes(path: FilePath, where: str, most: int = MAX_FILE_BYTES) -> bytes:
    """Read a regular file of at most `most` bytes, or raise DatasetError with the reason.

    It is opened without waiting and looked at before it is read: a pipe, a socket or a device in a data
    folder is refused, and neither hangs the process nor fills its memory.
    """
    with _opened(path, where) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise DatasetError(f"{where}: {size} bytes, more than the {most} that are read; leave it out")
        return _read(file, size, where)


def first_bytes(path: FilePath, count: int) -> bytes:
    """Return how a regular file begins; nothing where there is none."""
    try:
        with _opened(path, "") as file:
            return _read(file, count, "")
    except DatasetError:
        return b""


def _opened(path: FilePath, where: str) -> BinaryIO:
    try:
        # asked twice: a device may act on being opened, and a name may be given to another file in between
        _require_regular(os.stat(path).st_mode, where)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise DatasetError(f"{where}: there is no such file; correct the path or leave the row out") from None
    except (OSError, ValueError) as error:
        raise DatasetError(_unreadable(error, where)) from None
    try:
        _require_regular(os.fstat(handle).st_mode, where)
    except DatasetError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _require_regular(kind: int, where: str) -> None:
    if stat.S_ISDIR(kind):
        raise DatasetError(f"{where}: this is a folder, not an image; name the file in it")
    if not stat.S_ISREG(kind):
        raise DatasetError(f"{where}: a pipe, socket or device, not a file; leave it out")


def _read(file: BinaryIO, count: int, where: str) -> bytes:
    try:
        return file.read(count)
    except (OSError, MemoryError) as error:
        raise DatasetError(_unreadable(error, where)) from None


def _unreadable(error: Exception, where: str) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{where}: cannot be read ({reason}); check the link and its permissions"


def digest(*parts: bytes) -> str:
    """Return the SHA-256 over parts, each preceded by its length."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()


def mask_for(
    image: NDArray[np.uint8], mask: FilePath | None, where: str, label: int | None = None
) -> tuple[NDArray[np.bool_], bytes]:
    """Return the mask of an image and its bytes; all True and no bytes if there is none."""
    height, width = image.shape[:2]
    if mask is None:
        return np.ones((height, width), dtype=bool), b""
    named = f"{where}, mask {os.path.basename(mask)}"
    data = read_bytes(mask, named)
    return decode_mask(data, named, (height, width), label), data
