"""A CSV file as rows of text: its encoding, its separator, and the line a person finds each row on."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence

from scafe.evals.data.tables.columns import known_share
from scafe.evals.data.tables.raw import RawRow, RawTable
from scafe.knowledge.contract.errors import DatasetError

SEPARATORS = (",", ";", "\t", "|")
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte-order mark -> encoding; the longer marks first, since one begins like another."""
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
"""The line by which a spreadsheet is told the separator."""


def rows_of(data: bytes, name: str) -> RawTable:
    """Read CSV: UTF-8, or UTF-16 with its mark; separated by comma, semicolon, tab or bar.

    Raises
    ------
    DatasetError
        Another encoding, quotes that do not close, or a row of another length than the head.
    """
    text = decoded(data, name)
    separator, skipped = _separator(text)
    lines = _cells(text, separator, name)
    for _ in range(skipped):
        next(lines, None)
    head = next(lines, None)
    if head is None:
        raise DatasetError(f"{name}: the manifest is empty; its first line names the columns")
    columns = tuple(cell.strip() for cell in head[1])
    return RawTable(columns, tuple(_row(columns, number, cells, name) for number, cells in lines))


def decoded(data: bytes, name: str) -> str:
    """Return the text of a file; DatasetError with the line if it is in none of the known encodings."""
    encoding = next((kind for mark, kind in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DatasetError(_not_text(data, error, name)) from None
    if "\0" in text[:4]:
        raise DatasetError(f"{name}: begins like UTF-16 without its mark; save the manifest as UTF-8 CSV")
    return text


def _not_text(data: bytes, error: UnicodeDecodeError, name: str) -> str:
    if error.encoding != "utf-8":
        return f"{name}: damaged {error.encoding}; save the manifest as UTF-8 CSV"
    line = data[: error.start].count(b"\n")
    western = data.splitlines()[line].decode("cp1252", "replace").strip()[:60]
    return (
        f"{name}, row {line + 1}: not UTF-8 text; if it should read {western!r} it is Windows-1252 (Excel's "
        "plain 'CSV'): save the manifest as 'CSV UTF-8'"
    )


def _separator(text: str) -> tuple[str, int]:
    """Return the separator, and how many lines stand above the head to tell it."""
    told = SEPARATOR_LINE.match(text)
    if told:
        return told[1], 1
    first = next((line for line in text.splitlines() if line.strip()), "")
    cut = {mark: next(csv.reader([first], delimiter=mark), []) for mark in SEPARATORS}
    return max(SEPARATORS, key=lambda mark: (known_share(cut[mark]), len(cut[mark]))), 0


def _cells(text: str, separator: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=separator != "\t"
    )
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DatasetError(f"{name}, row {reader.line_num}: not CSV ({error}); check its quotes") from None


def _row(columns: Sequence[str], number: int, cells: Sequence[str], name: str) -> RawRow:
    where = f"{name}, row {number}"
    if len(cells) != len(columns):
        raise DatasetError(
            f"{where}: has {len(cells)} cells while the head has {len(columns)}; check separators and quotes"
        )
    return RawRow(where, tuple(cell.strip() for cell in cells))
