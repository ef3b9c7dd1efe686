"""A file that a command writes for a person is there whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a place beside `path` to write to; it takes the path's name when all went well.

    A full disk, a fault or Ctrl-C leaves what was there before. A device or a pipe (`/dev/stdout`) is
    written to as it is: a rename would put a file in its place.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(
        f".{path.stem}.{os.getpid()}{path.suffix}"
    )  # keeps the suffix: writers look at it
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
