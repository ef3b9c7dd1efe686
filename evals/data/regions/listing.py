"""The images of a folder or manifest with what a new manifest says of each: files, mask, label, patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scafe.evals.data.folders import PictureFile, mask_beside, paired, walk
from scafe.evals.data.formats import is_known, pixels_of
from scafe.evals.data.listed import RGB, Listed, listed_rows, manifest_table
from scafe.evals.data.sources import Pixels
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.data.tables.table import SUFFIXES
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.inert import inert

KEPT = ("label", "patient_id")
"""Columns that are handed on as they are."""


@dataclass(frozen=True)
class Shown:
    """One image to locate on."""

    where: str
    """Row and file, for errors."""
    name: str
    pixels: Pixels
    files: dict[str, Path]
    """Column of a manifest -> file: `path`, or one `path_<channel>` each."""
    mask: Path | None
    cells: dict[str, str]
    """Label and patient, where they are known."""


def images_at(
    path: str | Path, channels: Sequence[str] = RGB, columns: ColumnChoice | None = None
) -> tuple[Shown, ...]:
    """List one image, a folder with its subfolders, or a manifest with a column `path`.

    Raises
    ------
    DatasetError
        There is no image; the message says what was looked for.
    """
    root = Path(path)
    if root.is_dir():
        pairs = [pair for met in walk(root) for pair in paired(met.known, inert(met.folder.name))]
        found = tuple(_of_folder(root, pair) for pair in sorted(pairs, key=lambda one: one.image))
    elif root.suffix.lower() in SUFFIXES and root.is_file():
        found = tuple(map(_of_row, listed_rows(root, manifest_table(root, tuple(channels), columns))))
    elif root.is_file() and is_known(root):
        found = (_of_folder(root.parent, PictureFile(root, mask_beside(root))),)
    else:
        raise DatasetError(
            f"{inert(str(root))}: give an image, a folder of images, or a CSV or Parquet manifest with a "
            "column 'path'"
        )
    if not found:
        raise DatasetError(f"{inert(str(root))}: holds no image")
    return found


def _of_folder(root: Path, pair: PictureFile) -> Shown:
    name = inert(str(pair.image.relative_to(root)))
    folder = pair.image.parent
    cells = {"label": folder.name} if folder != root else {}
    return Shown(name, name, pixels_of(pair.image, pair.mask), {"path": pair.image}, pair.mask, cells)


def _of_row(one: Listed) -> Shown:
    named = [name for name in one.record.columns if name.startswith("path")]
    named = named if len(named) == len(one.files) else ["path"]
    files = {name: Path(file) for name, file in zip(named, one.files, strict=False)}
    cells = {name: one.record.text(name) for name in KEPT if one.record.text(name)}
    mask = None if one.mask is None else Path(one.mask)
    return Shown(one.where, one.name, one.pixels, files, mask, cells)
