"""A manifest that is understood: every column has a meaning, every cell is text or missing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scafe.evals.data.sources import read_bytes
from scafe.evals.data.tables import csv_text, parquet
from scafe.evals.data.tables.cells import is_missing, without_point_zero
from scafe.evals.data.tables.columns import SYNONYMS, ColumnChoice, understood
from scafe.evals.data.tables.raw import RawTable
from scafe.knowledge.contract.errors import DatasetError

SUFFIXES = (".csv", ".tsv", ".parquet")
UNNAMED = re.compile(r"(Unnamed: \d+)?")
"""No name, or what pandas calls a column without one."""
NUMBERS_MAY_STAND_FOR = ("label", "patient_id")
"""Meanings whose cells are names: 7 and 7.0 are one name."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row."""

    where: str
    """File and row, for errors; the head of a CSV is row 1."""
    columns: tuple[str, ...]
    """Meanings; all rows of a table share them, as a table may have 20,000."""
    cells: tuple[str, ...]
    """Text for each; '' where the cell is missing."""

    def text(self, name: str) -> str:
        """Return a cell; '' if it is missing or there is no such column."""
        return self.cells[self.columns.index(name)] if name in self.columns else ""

    def required(self, name: str) -> str:
        """Return a cell that must not be missing."""
        if not self.text(name):
            raise DatasetError(f"{self.where}: {name!r} is empty; fill it in or leave the row out")
        return self.text(name)


@dataclass(frozen=True)
class Table:
    """A manifest, its columns by their meaning."""

    name: str
    """Of the file, for errors."""
    columns: tuple[str, ...]
    """Meanings, in the order of the file: path or path_<channel>, label, mask, patient_id."""
    records: tuple[Record, ...]
    ignored: tuple[str, ...] = ()
    """Columns that were passed over because the caller said so, and row numbers without a name."""

    def require(self, names: Sequence[str]) -> None:
        """Raise DatasetError naming the first column that is not there."""
        for name in names:
            if name not in self.columns:
                found = ", ".join(repr(one) for one in (*self.columns, *self.ignored))
                raise DatasetError(
                    f"{self.name}: the manifest has no column {name!r} but {found}; "
                    f"columns are {', '.join(SYNONYMS)}"
                )


def read_table(path: Path, channels: Sequence[str] = (), choice: ColumnChoice | None = None) -> Table:
    """Read a manifest by its suffix; the one reader of every command.

    Parameters
    ----------
    path : Path
        `.csv`, `.tsv` or `.parquet`.
    channels : sequence of str
        Channels that may come from a column `path_<channel>` each.
    choice : ColumnChoice, optional
        Columns to pass over, and the one that names the patient.

    Raises
    ------
    DatasetError
        It cannot be read, a column is unknown or occurs twice, or a row has another number of cells.
    """
    reader = parquet if path.suffix.lower() == ".parquet" else csv_text
    raw = reader.rows_of(read_bytes(path, path.name), path.name)
    if not raw.rows:
        raise DatasetError(f"{path.name}: the manifest has no rows below its head; add one per image")
    _require_once(raw, path.name)
    names = [
        name
        for place, name in enumerate(raw.columns)
        if not (UNNAMED.fullmatch(name) and _only_counts(raw, place))
    ]
    meanings = understood(names, path.name, channels, choice)
    return _table(path.name, raw, meanings)


def _table(name: str, raw: RawTable, meanings: Mapping[str, str]) -> Table:
    places = [place for place, column in enumerate(raw.columns) if column in meanings]
    columns = tuple(meanings[raw.columns[place]] for place in places)
    records = tuple(
        Record(row.where, columns, tuple(map(_said, columns, map(row.cells.__getitem__, places))))
        for row in raw.rows
    )
    ignored = tuple(column or "(no name)" for column in raw.columns if column not in meanings)
    return Table(name, columns, records, ignored)


def _said(meaning: str, cell: str) -> str:
    if is_missing(cell):
        return ""
    return without_point_zero(cell) if meaning in NUMBERS_MAY_STAND_FOR else cell


def _require_once(raw: RawTable, name: str) -> None:
    twice = sorted({one for one in raw.columns if one and raw.columns.count(one) > 1})
    if twice:
        raise DatasetError(f"{name}: the column {twice[0]!r} occurs twice; remove one")


def _only_counts(raw: RawTable, place: int) -> bool:
    """Whether a column without a name is empty, or only counts the rows, as an index of pandas does."""
    cells = [row.cells[place] for row in raw.rows]
    return not any(cells) or (all(one.isdecimal() for one in cells) and len(set(cells)) == len(cells))
