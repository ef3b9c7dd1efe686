"""A dataset on disk: a folder per class, or a manifest `path,label[,mask][,patient_id]` in CSV or Parquet.

Nothing is skipped in silence: a file or column that is not understood is an error that names it, and what
is passed over is counted.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from scafe.evals.data.dataset import Dataset, Row, build_dataset
from scafe.evals.data.decoding.onlooker import Onlooker
from scafe.evals.data.dicom import dicom_patient
from scafe.evals.data.folders import Entries, PictureFile, entries_of, is_mask_folder, paired
from scafe.evals.data.formats import is_dicom, pixels_of
from scafe.evals.data.listed import (
    RGB,
    Listed,
    column_words,
    hidden_words,
    listed_rows,
    manifest_table,
    unknown_words,
)
from scafe.evals.data.sources import FilePath, read_bytes
from scafe.evals.data.tables.columns import TEXT, ColumnChoice
from scafe.evals.data.tables.patients import patients_of
from scafe.evals.data.tables.table import SUFFIXES as MANIFESTS
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.inert import inert
from scafe.knowledge.contract.masks import MaskMethod

NEITHER = "give a folder with one folder per class, or a CSV or Parquet manifest"


def open_dataset(
    path: str | Path,
    labels: Sequence[str] = (),
    expected: Sequence[str] = (),
    channels: Sequence[str] = RGB,
    segment: MaskMethod = "none",
    mask_label: int | None = None,
    columns: ColumnChoice | None = None,
    seen: Onlooker | None = None,
    fills: bool = False,
) -> Dataset:
    """Open a folder per class or a manifest, and read it through once.

    Parameters
    ----------
    path : path
        A folder with one folder per class, or a `.csv`, `.tsv` or `.parquet` manifest; its paths are
        relative to it. In a class folder, `x_mask.png` is the mask of `x.jpg`. Without `patient_id`, a
        DICOM image belongs to the patient its header names, and any other image is its own patient.
    labels, expected : sequence of str
        Classes to tell apart, positive first, and those to take if none are named; others are left out.
    channels : sequence of str
        Channels of the pack; other than RGB they may come from one column `path_<channel>` each.
    segment : {'none', 'otsu'}
        How to draw masks if none is given.
    mask_label : int, optional
        The level of given masks that marks the lesion, where they have more than two.
    columns : ColumnChoice, optional
        Columns of a manifest to pass over, and the one that names the patient.
    seen : Onlooker, optional
        Shown each image while it is decoded anyway.
    fills : bool
        Whether a locator will find the masks that are missing, so that some may be given.

    Raises
    ------
    DatasetError
        With file and row, what was met, and the way out.
    """
    root = Path(path)
    rows, passed_over = _rows_of(root, tuple(channels), columns)
    build = partial(build_dataset, rows, inert(root.name), labels=labels, expected=expected)
    opened = build(segment=segment, mask_label=mask_label, seen=seen, fills=fills)
    return replace(opened, passed_over=passed_over)


def _rows_of(
    root: Path, channels: tuple[str, ...], columns: ColumnChoice | None
) -> tuple[list[Row], tuple[str, ...]]:
    if _is_there(root) and root.is_dir():
        return _folder_rows(root)
    if root.suffix.lower() in MANIFESTS:
        return _manifest_rows(root, channels, columns)
    raise DatasetError(f"{inert(str(root))}: {NEITHER}")


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        raise DatasetError(
            f"{inert(str(path))}: there is no such file or folder; check the path after --data"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DatasetError(
            f"{inert(str(path))}: cannot be opened ({reason}); check the path after --data"
        ) from None
    return True


def _folder_rows(root: Path) -> tuple[list[Row], tuple[str, ...]]:
    found = entries_of(root)
    _require_class_folders(root, found)
    inside = {folder: entries_of(folder) for folder in found.folders}
    rows = [row for folder, entries in inside.items() for row in _class_rows(folder, entries)]
    hidden = found.hidden + sum(entries.hidden for entries in inside.values())
    return rows, (*hidden_words(hidden), *unknown_words(found.unknown))


def _require_class_folders(root: Path, found: Entries) -> None:
    if found.known:
        raise DatasetError(
            f"{inert(found.known[0].name)}: lies beside the class folders of {inert(root.name)}; "
            "put it into its class's folder"
        )
    if not found.folders:
        raise DatasetError(
            f"{inert(str(root))}: has no class folders; make one folder per class, or give a manifest"
        )
    masks = next(filter(is_mask_folder, found.folders), None)
    if masks:
        raise DatasetError(
            f"{inert(masks.name)}: by its name a folder of masks, not a class; lay x_mask.png beside each "
            "image x, or give a manifest with a column 'mask'"
        )


def _class_rows(folder: Path, found: Entries) -> list[Row]:
    label = inert(folder.name)
    if found.folders:
        raise DatasetError(
            f"{label}/{inert(found.folders[0].name)}: a folder inside a class folder; flatten it"
        )
    if found.unknown:
        raise DatasetError(
            f"{label}/{inert(found.unknown[0].name)}: not a known kind of image; move it elsewhere"
        )
    pictures = paired(found.known, label)
    if not pictures:
        raise DatasetError(f"class folder {label!r} is empty; add images or remove the folder")
    return [_folder_row(label, one) for one in pictures]


def _folder_row(label: str, found: PictureFile) -> Row:
    where = f"{label}/{inert(found.image.name)}"
    patient = _header_patient(found.image, where) or where
    return Row(where, label, patient, pixels_of(found.image, found.mask), found.mask is not None)


def _manifest_rows(
    path: Path, channels: tuple[str, ...], columns: ColumnChoice | None
) -> tuple[list[Row], tuple[str, ...]]:
    table = manifest_table(path, channels, columns)
    table.require(["label"])
    listed = listed_rows(path, table)
    _require_other_files(listed)
    named = patients_of(table)
    rows = [_row(one, named[place] if named else None) for place, one in enumerate(listed)]
    _require_one_spelling(rows)
    return rows, column_words(table.ignored)


def _row(found: Listed, patient: str | None) -> Row:
    label = sys.intern(inert(found.record.required("label")))  # one text a class, not one a row
    patient = patient or _header_patient(found.files[0], found.where) or found.name
    return Row(found.where, label, patient, found.pixels, found.mask is not None, found.record.text(TEXT))


def _require_other_files(listed: Sequence[Listed]) -> None:
    seen: dict[str, str] = {}
    for one in listed:
        for file in one.followed:
            if file in seen:
                raise DatasetError(f"{one.where}: the same file as in {seen[file]}; keep one of the two")
            seen[file] = one.record.where


def _require_one_spelling(rows: Sequence[Row]) -> None:
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(row.label.casefold(), row)
        if other.label != row.label:
            raise DatasetError(
                f"{row.where}: the label is {row.label!r} here and {other.label!r} in {other.where}; "
                "write one label in one way"
            )


def _header_patient(file: FilePath, where: str) -> str | None:
    return inert(dicom_patient(read_bytes(file, where), where)) if is_dicom(file) else None
