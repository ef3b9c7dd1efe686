"""A bundle as people send it: the zip, unpacked for as long as somebody looks at it."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scafe.knowledge.contract.errors import IntegrityError

MAX_BYTES: Final = 256 << 20
"""Far above any bundle (the largest seen had 0.4 MB), far below what fills a disk."""


@contextmanager
def unpacked(bundle: str | Path) -> Iterator[Path]:
    """Give the folder of a bundle; a zip of one is unpacked into a folder that is gone afterwards.

    Raises
    ------
    IntegrityError
        The file is no zip, is damaged, or would unpack to more than 256 MiB.
    """
    path = Path(bundle)
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="scafe-bundle-") as folder:
        _unpack(path, Path(folder))
        yield Path(folder)


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MAX_BYTES:
                raise IntegrityError(
                    f"{path} would unpack to {size >> 20} MiB, which no bundle needs; "
                    "ask for the bundle again"
                )
            archive.extractall(folder)  # zipfile leaves out roots and '..'; every hash is checked next
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise IntegrityError(
            f"{path} is no bundle: neither a folder nor a zip that can be read ({error}); "
            "give the folder or the zip that `scafe freeze` wrote"
        ) from None
