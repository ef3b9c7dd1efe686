"""A dataset on disk: a folder per class, or a CSV manifest `path,label[,mask][,patient_id]`.

Nothing is skipped in silence: a file that is not understood is an error that names it.
"""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from scafe.evals.dataset import Dataset, ImageFile, Row, build_dataset, read_bytes
from scafe.evals.pixels import SUFFIXES
from scafe.knowledge.errors import DatasetError

COLUMNS = ("path", "label", "mask", "patient_id")
IGNORED = ("thumbs.db", "desktop.ini")
"""Files that file managers leave behind; hidden files are ignored too."""


def open_dataset(path: str | Path, labels: Sequence[str] = (), expected: Sequence[str] = ()) -> Dataset:
    """Open a folder per class or a CSV manifest, and read it through once.

    Parameters
    ----------
    path : path
        A folder with one folder per class, or a `.csv` file. In a class folder, `x_mask.png` is the
        mask of `x.jpg`. Without `patient_id`, every image is its own patient.
    labels : sequence of str
        Classes to tell apart, positive first; the others are left out.
    expected : sequence of str
        Classes to take if `labels` is empty.

    Raises
    ------
    DatasetError
        With file and row, what was met, and the way out.
    """
    root = Path(path)
    if _exists(root) and root.is_dir():
        rows = _folder_rows(root)
    elif root.suffix.lower() == ".csv":
        rows = _csv_rows(root)
    else:
        raise DatasetError(f"{root}: give a folder with one folder per class, or a CSV manifest")
    has_masks = _all_or_none_have_masks(rows)
    return build_dataset(rows, root.name, labels=labels, expected=expected, has_masks=has_masks)


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        raise DatasetError(
            f"{path}: there is no such file or folder; check the path given with --data"
        ) from None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be opened ({error.strerror})") from None
    return True


def _folder_rows(root: Path) -> list[Row]:
    folders = [entry for entry in _entries(root) if _is_folder(entry)]
    stray = [entry for entry in _entries(root) if entry.suffix.lower() in SUFFIXES]
    if stray:
        raise DatasetError(
            f"{stray[0].name}: lies beside the class folders of {root.name}; put it into its class's folder"
        )
    if not folders:
        raise DatasetError(f"{root}: has no class folders; make one folder per class, or give a CSV manifest")
    return [row for folder in folders for row in _class_rows(folder)]


def _class_rows(folder: Path) -> list[Row]:
    files = _entries(folder)
    for one in files:
        if _is_folder(one):
            raise DatasetError(f"{folder.name}/{one.name}: a folder inside a class folder; flatten it")
        if one.suffix.lower() not in SUFFIXES:
            raise DatasetError(f"{folder.name}/{one.name}: not a known kind of image; move it elsewhere")
    masks = {one.stem.removesuffix("_mask"): one for one in files if one.stem.endswith("_mask")}
    images = [one for one in files if not one.stem.endswith("_mask")]
    if not images:
        raise DatasetError(f"class folder {folder.name!r} is empty; add images or remove the folder")
    _require_masks_have_images(folder, masks, images)
    return [
        Row(
            f"{folder.name}/{one.name}",
            folder.name,
            f"{folder.name}/{one.name}",
            ImageFile(one, masks.get(one.stem)),
        )
        for one in images
    ]


def _require_masks_have_images(folder: Path, masks: dict[str, Path], images: list[Path]) -> None:
    stems = [one.stem for one in images]
    for stem, mask in masks.items():
        if stem not in stems:
            raise DatasetError(
                f"{folder.name}/{mask.name}: a mask without its image {stem}.*; add it or remove the mask"
            )
        if stems.count(stem) > 1:
            raise DatasetError(
                f"{folder.name}/{mask.name}: two images are called {stem}; rename one and its mask"
            )


def _entries(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir(), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be listed ({error.strerror})") from None
    return [one for one in found if not one.name.startswith(".") and one.name.lower() not in IGNORED]


def _is_folder(entry: Path) -> bool:
    try:
        return entry.stat().st_mode & 0o170000 == 0o040000
    except OSError as error:
        raise DatasetError(
            f"{entry.name}: a link that leads nowhere ({error.strerror}); mend or remove it"
        ) from None


def _csv_rows(path: Path) -> list[Row]:
    reader = csv.DictReader(io.StringIO(_csv_text(path), newline=""), strict=True)
    _require_columns(path, reader.fieldnames)
    seen: dict[str, str] = {}
    rows = []
    try:
        for cells in reader:
            rows.append(_csv_row(path, reader.line_num, cells, seen))
    except csv.Error as error:
        raise DatasetError(
            f"{path.name}, row {reader.line_num}: not CSV ({error}); check its quotes"
        ) from None
    if not rows:
        raise DatasetError(f"{path.name}: the manifest has no rows below its head")
    return rows


def _csv_text(path: Path) -> str:
    data = read_bytes(path, path.name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise DatasetError(
            f"{path.name}, row {row}: not UTF-8 text; save the manifest as UTF-8 CSV"
        ) from None


def _require_columns(path: Path, head: Sequence[str] | None) -> None:
    names = list(head or ())
    for needed in ("path", "label"):
        if needed not in names:
            semicolon = len(names) == 1 and ";" in names[0]
            hint = "separate the columns by commas" if semicolon else f"columns are {', '.join(COLUMNS)}"
            raise DatasetError(f"{path.name}: the manifest has no column {needed!r} but {names}; {hint}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DatasetError(f"{path.name}: the column {twice[0]!r} occurs twice; remove one")


def _csv_row(path: Path, number: int, cells: dict[str, str], seen: dict[str, str]) -> Row:
    where = f"{path.name}, row {number}"
    if None in cells or None in cells.values():
        raise DatasetError(f"{where}: has more or fewer cells than the head; check commas and quotes")
    for needed in ("path", "label"):
        if not cells[needed].strip():
            raise DatasetError(f"{where}: {needed!r} is empty; fill it in or leave the row out")
    if "patient_id" in cells and not cells["patient_id"].strip():
        raise DatasetError(f"{where}: 'patient_id' is empty; fill it in for every row, or drop the column")
    file = _resolved(path.parent / cells["path"], f"{where} ({cells['path']})")
    if str(file) in seen:
        raise DatasetError(
            f"{where} ({cells['path']}): the same file as {seen[str(file)]}; keep one of the two"
        )
    seen[str(file)] = f"row {number}"
    mask = path.parent / cells["mask"] if cells.get("mask", "").strip() else None
    patient = cells.get("patient_id") or cells["path"]
    return Row(f"{where} ({cells['path']})", cells["label"].strip(), patient.strip(), ImageFile(file, mask))


def _resolved(path: Path, where: str) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        raise DatasetError(
            f"{where}: a link that leads in a circle or a path that cannot exist; mend it"
        ) from None


def _all_or_none_have_masks(rows: Sequence[Row]) -> bool:
    # A mask that only some images have would tell extractors which source an image is from.
    given = [isinstance(row.pixels, ImageFile) and row.pixels.mask is not None for row in rows]
    if any(given) and not all(given):
        lacking = rows[given.index(False)]
        raise DatasetError(
            f"{lacking.where}: has no mask while {sum(given)} other images have one; "
            "give every image a mask, or none"
        )
    return any(given)
