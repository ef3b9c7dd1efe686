"""The files of a bundle, each read once: a folder, or the zip of one, which is unpacked in memory alone."""

from pathlib import Path
from typing import Final

from scafe.evals.data.zipped import ZipBounds, read_zip
from scafe.knowledge.contract.errors import IntegrityError
from scafe.knowledge.contract.inside import read_inside, read_regular, require_distinct, walk_inside

TEXTS: Final = (".json", ".md", ".py")
MANIFEST: Final = "manifest.json"
BOUNDS: Final = ZipBounds(entries=4000, unpacked_bytes=64 << 20)
"""Far above any bundle (the largest seen had 41 files and 0.4 MB), far below what fills a memory."""
MOST_PACKED_BYTES: Final = 64 << 20
MOST_TEXT_BYTES: Final = 8 << 20
"""Of one JSON, Markdown or Python file: parsed JSON takes up to 40 times its bytes."""


def read_contents(path: Path) -> dict[str, bytes]:
    """Read every file of a bundle.

    Parameters
    ----------
    path : Path
        A folder, or a zip.

    Returns
    -------
    dict
        Path in the bundle -> bytes.

    Raises
    ------
    IntegrityError
        There is no manifest; a file is a link, a device or a pipe; there are more than 4,000 files, or more
        than 64 MiB; the zip cannot be read.
    """
    found = _from_folder(path) if path.is_dir() else _from_zip(path)
    for name, content in found.items():
        if name.endswith(TEXTS) and len(content) > MOST_TEXT_BYTES:
            raise IntegrityError(
                f"{path / name} has {len(content):,} bytes; a text has {MOST_TEXT_BYTES:,} at most"
            )
    return found


def _from_folder(folder: Path) -> dict[str, bytes]:
    try:
        manifest = read_inside(folder, MANIFEST, BOUNDS.unpacked_bytes)
    except IntegrityError as error:
        raise IntegrityError(
            f"{folder} is not a bundle: {error}; give the folder or the zip that `scafe freeze` wrote"
        ) from None
    names = list(walk_inside(folder, BOUNDS.entries))
    require_distinct(names, str(folder))
    found = {MANIFEST: manifest}
    left = BOUNDS.unpacked_bytes - len(manifest)
    for name in names:
        if name != MANIFEST:
            found[name] = read_inside(folder, name, left)
            left -= len(found[name])
    return found


def _from_zip(path: Path) -> dict[str, bytes]:
    try:
        found = read_zip(read_regular(path, MOST_PACKED_BYTES), str(path), BOUNDS)
    except IntegrityError as error:
        raise IntegrityError(
            f"{path} is no bundle, neither a folder nor a zip of one: {error}; "
            "give the folder or the zip that `scafe freeze` wrote"
        ) from None
    if MANIFEST not in found:
        raise IntegrityError(f"{path} is not a bundle: it holds no {MANIFEST}")
    return found
