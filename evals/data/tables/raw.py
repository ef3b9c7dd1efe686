"""A table as its file has it: names and cells in their order, not yet understood."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row."""

    where: str
    """File and row, for errors; the head of a CSV is row 1."""
    cells: tuple[str, ...]
    """One text per column, without surrounding blanks."""


@dataclass(frozen=True)
class RawTable:
    """All rows, and the names above them."""

    columns: tuple[str, ...]
    rows: tuple[RawRow, ...]
