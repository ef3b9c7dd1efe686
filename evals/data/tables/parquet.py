"""A Parquet file as rows of text, by the same rules as CSV."""

import io
from typing import Any

from scafe.evals.data.sources import Optional, needed
from scafe.evals.data.tables.cells import text_of
from scafe.evals.data.tables.raw import RawRow, RawTable
from scafe.knowledge.contract.errors import DatasetError

PYARROW = Optional("pyarrow.parquet", "parquet", "Parquet manifests")
UNNAMED_INDEX = "__index_level_"
"""pandas writes an index without a name into a column called so."""


def rows_of(data: bytes, name: str) -> RawTable:
    """Read Parquet; row 1 is the first below the names.

    Raises
    ------
    DatasetError
        pyarrow lacks, the file cannot be read, or a cell is no text, number or date.
    """
    columns, cells = _columns(data, name)
    rows = zip(*cells, strict=True)
    return RawTable(columns, tuple(_row(columns, n, row, name) for n, row in enumerate(rows, 1)))


def _columns(data: bytes, name: str) -> tuple[tuple[str, ...], list[list[Any]]]:
    parquet = needed(PYARROW, name)
    try:
        table = parquet.read_table(io.BytesIO(data))
        return tuple(map(_shown, table.column_names)), [column.to_pylist() for column in table.columns]
    except Exception as error:  # pyarrow raises its own family and plain OSError alike
        kind = type(error).__name__
        raise DatasetError(f"{name}: not a readable Parquet file ({kind}); write it again") from None


def _shown(column: str) -> str:
    return "" if column.startswith(UNNAMED_INDEX) else column.strip()


def _row(columns: tuple[str, ...], number: int, cells: tuple[Any, ...], name: str) -> RawRow:
    where = f"{name}, row {number}"
    texts = (
        text_of(cell, f"{where}, column {column!r}") for column, cell in zip(columns, cells, strict=True)
    )
    return RawRow(where, tuple(text.strip() for text in texts))
