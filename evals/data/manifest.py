"""A dataset on disk: a folder per class, or a manifest `path,label[,mask][,patient_id]` in CSV or Parquet.

Nothing is skipped in silence: a file that is not understood is an error that names it.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from scafe.evals.data.dataset import Dataset, Row, build_dataset
from scafe.evals.data.dicom import dicom_patient
from scafe.evals.data.formats import channels_of, is_dicom, is_known, pixels_of, stem_of
from scafe.evals.data.sources import Pixels, read_bytes
from scafe.evals.data.tables import Record, Table, read_table, require_columns
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.masks import MaskMethod

RGB = ("R", "G", "B")
IGNORED = ("thumbs.db", "desktop.ini")
"""Files that file managers leave behind; hidden files are ignored too."""


def open_dataset(
    path: str | Path,
    labels: Sequence[str] = (),
    expected: Sequence[str] = (),
    channels: Sequence[str] = RGB,
    segment: MaskMethod = "none",
    mask_label: int | None = None,
) -> Dataset:
    """Open a folder per class or a manifest, and read it through once.

    Parameters
    ----------
    path : path
        A folder with one folder per class, or a `.csv` or `.parquet` manifest; its paths are relative to
        it. In a class folder, `x_mask.png` is the mask of `x.jpg`. Without `patient_id`, a DICOM image
        belongs to the patient its header names, and any other image is its own patient.
    labels : sequence of str
        Classes to tell apart, positive first; the others are left out.
    expected : sequence of str
        Classes to take if `labels` is empty.
    channels : sequence of str
        Channels of the pack; other than RGB they may come from one column `path_<channel>` each.
    segment : {'none', 'otsu'}
        How to draw masks if none is given.
    mask_label : int, optional
        The level of given masks that marks the lesion, where they have more than two.

    Raises
    ------
    DatasetError
        With file and row, what was met, and the way out.
    """
    root = Path(path)
    if _is_there(root) and root.is_dir():
        rows = _folder_rows(root)
    elif root.suffix.lower() in (".csv", ".parquet"):
        rows = _manifest_rows(root, read_table(root), tuple(channels))
    else:
        raise DatasetError(f"{root}: give a folder with one folder per class, or a CSV or Parquet manifest")
    return build_dataset(
        rows, root.name, labels=labels, expected=expected, segment=segment, mask_label=mask_label
    )


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        raise DatasetError(f"{path}: there is no such file or folder; check the path after --data") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DatasetError(f"{path}: cannot be opened ({reason}); check the path after --data") from None
    return True


def _folder_rows(root: Path) -> list[Row]:
    entries = _entries(root)
    folders = [entry for entry in entries if _is_folder(entry)]
    stray = [entry for entry in entries if entry not in folders and is_known(entry)]
    if stray:
        raise DatasetError(
            f"{stray[0].name}: lies beside the class folders of {root.name}; put it into its class's folder"
        )
    if not folders:
        raise DatasetError(f"{root}: has no class folders; make one folder per class, or give a manifest")
    return [row for folder in folders for row in _class_rows(folder)]


def _class_rows(folder: Path) -> list[Row]:
    files = _entries(folder)
    for one in files:
        if _is_folder(one):
            raise DatasetError(f"{folder.name}/{one.name}: a folder inside a class folder; flatten it")
        if not is_known(one):
            raise DatasetError(f"{folder.name}/{one.name}: not a known kind of image; move it elsewhere")
    masks = {stem_of(one).removesuffix("_mask"): one for one in files if stem_of(one).endswith("_mask")}
    images = [one for one in files if not stem_of(one).endswith("_mask")]
    if not images:
        raise DatasetError(f"class folder {folder.name!r} is empty; add images or remove the folder")
    _require_images_of_masks(folder, masks, images)
    return [_folder_row(folder, one, masks.get(stem_of(one))) for one in images]


def _folder_row(folder: Path, image: Path, mask: Path | None) -> Row:
    where = f"{folder.name}/{image.name}"
    patient = _header_patient(image, where) or where
    return Row(where, folder.name, patient, pixels_of(image, mask), mask is not None)


def _require_images_of_masks(folder: Path, masks: dict[str, Path], images: list[Path]) -> None:
    stems = [stem_of(one) for one in images]
    for stem, mask in masks.items():
        where = f"{folder.name}/{mask.name}"
        if stem not in stems:
            raise DatasetError(f"{where}: a mask without its image {stem}.*; add it or remove the mask")
        if stems.count(stem) > 1:
            raise DatasetError(f"{where}: two images are called {stem}; rename one and its mask")


def _entries(folder: Path) -> list[Path]:
    try:
        found = sorted(folder.iterdir(), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be listed ({error.strerror}); check permissions") from None
    return [one for one in found if not one.name.startswith(".") and one.name.lower() not in IGNORED]


def _is_folder(entry: Path) -> bool:
    try:
        return entry.stat().st_mode & 0o170000 == 0o040000
    except OSError as error:
        raise DatasetError(f"{entry.name}: a link that leads nowhere ({error.strerror}); mend it") from None


def _manifest_rows(path: Path, table: Table, channels: tuple[str, ...]) -> list[Row]:
    columns = [f"path_{channel}" for channel in channels]
    if channels == RGB or not set(columns) & set(table.columns):
        columns = ["path"]
    require_columns(path, table, [*columns, "label"])
    seen: dict[Path, str] = {}
    return [_manifest_row(path, record, columns, seen) for record in table.records]


def _manifest_row(path: Path, record: Record, columns: list[str], seen: dict[Path, str]) -> Row:
    named = [record.required(column) for column in columns]
    where = f"{record.where} ({named[0]})"
    label = record.required("label")
    files = [_resolved(path.parent / name, where) for name in named]
    for file in files:
        if file in seen:
            raise DatasetError(f"{where}: the same file as in {seen[file]}; keep one of the two")
        seen[file] = record.where
    mask = path.parent / record.text("mask") if record.text("mask") else None
    patient = _patient(record, files[0], where) or named[0]
    return Row(where, label, patient, _pixels(columns, files, mask), mask is not None)


def _pixels(columns: list[str], files: list[Path], mask: Path | None) -> Pixels:
    if len(files) == 1:
        return pixels_of(files[0], mask)
    return channels_of([column.removeprefix("path_") for column in columns], files, mask)


def _patient(record: Record, file: Path, where: str) -> str | None:
    if "patient_id" not in record.cells:
        return _header_patient(file, where)
    if not record.text("patient_id"):
        raise DatasetError(f"{where}: 'patient_id' is empty; fill it in for every row or drop the column")
    return record.text("patient_id")


def _header_patient(file: Path, where: str) -> str | None:
    return dicom_patient(read_bytes(file, where), where) if is_dicom(file) else None


def _resolved(path: Path, where: str) -> Path:
    try:
        found = path.resolve()
        path.stat()
    except FileNotFoundError:
        raise DatasetError(f"{where}: there is no such file; correct the path or leave the row out") from None
    except (OSError, RuntimeError, ValueError):
        raise DatasetError(f"{where}: a link in a circle, or a path that cannot exist; mend it") from None
    return found
