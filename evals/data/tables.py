"""The rows of a manifest as text, from CSV or Parquet, with the number a person finds each by."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scafe.evals.data.sources import Optional, needed, read_bytes
from scafe.knowledge.contract.errors import DatasetError

COLUMNS = ("path", "label", "mask", "patient_id")
PYARROW = Optional("pyarrow.parquet", "parquet", "Parquet manifests")


@dataclass(frozen=True)
class Record:
    """One row."""

    where: str
    """File and row, for errors; the head of a CSV is row 1."""
    cells: dict[str, str]

    def text(self, name: str) -> str:
        """Return a cell without surrounding blanks; '' if there is none."""
        return (self.cells.get(name) or "").strip()

    def required(self, name: str) -> str:
        """Return a cell that must not be empty."""
        if not self.text(name):
            raise DatasetError(f"{self.where}: {name!r} is empty; fill it in or leave the row out")
        return self.text(name)


@dataclass(frozen=True)
class Table:
    """A manifest, read but not yet understood."""

    columns: tuple[str, ...]
    records: tuple[Record, ...]


def read_table(path: Path) -> Table:
    """Read a manifest by its suffix.

    Raises
    ------
    DatasetError
        If it is not UTF-8 CSV or Parquet, a column occurs twice, or a row has another number of cells.
    """
    table = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    twice = sorted({name for name in table.columns if table.columns.count(name) > 1})
    if twice:
        raise DatasetError(f"{path.name}: the column {twice[0]!r} occurs twice; remove one")
    if not table.records:
        raise DatasetError(f"{path.name}: the manifest has no rows below its head; add one per image")
    return table


def require_columns(path: Path, table: Table, needed_columns: Sequence[str]) -> None:
    """Raise DatasetError naming the first column that is not there."""
    for name in needed_columns:
        if name not in table.columns:
            raise DatasetError(
                f"{path.name}: the manifest has no column {name!r} but {list(table.columns)}; "
                f"columns are {', '.join(COLUMNS)}"
            )


def _csv(path: Path) -> Table:
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    columns = tuple(reader.fieldnames or ())
    if len(columns) == 1 and any(mark in columns[0] for mark in ";\t"):
        raise DatasetError(f"{path.name}: the head is {columns[0]!r}; separate the columns by commas")
    records = []
    try:
        for cells in reader:
            where = f"{path.name}, row {reader.line_num}"
            if None in cells or None in cells.values():
                raise DatasetError(f"{where}: has more or fewer cells than the head; check commas and quotes")
            records.append(Record(where, cells))
    except csv.Error as error:
        raise DatasetError(
            f"{path.name}, row {reader.line_num}: not CSV ({error}); check its quotes"
        ) from None
    return Table(columns, tuple(records))


def _text(path: Path) -> str:
    data = read_bytes(path, path.name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise DatasetError(
            f"{path.name}, row {row}: not UTF-8 text; save the manifest as UTF-8 CSV"
        ) from None


def _parquet(path: Path) -> Table:
    parquet = needed(PYARROW, path.name)
    data = read_bytes(path, path.name)
    try:
        found = parquet.read_table(io.BytesIO(data)).to_pylist()
        columns = tuple(parquet.read_schema(io.BytesIO(data)).names)
    except Exception as error:  # pyarrow raises its own family and plain OSError alike
        kind = type(error).__name__
        raise DatasetError(f"{path.name}: not a readable Parquet file ({kind}); write it again") from None
    rows = enumerate(found, 1)
    return Table(columns, tuple(Record(f"{path.name}, row {number}", _as_text(row)) for number, row in rows))


def _as_text(row: dict[str, object]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in row.items()}
