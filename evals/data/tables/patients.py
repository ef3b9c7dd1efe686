"""Who is on which row of a manifest, and what would make one patient two, or two one."""

import re
from collections.abc import Sequence

from scafe.evals.data.tables.table import Record, Table
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.inert import inert

SHORTENED = re.compile(r"\d[.,]?\d*E\+\d+", re.IGNORECASE)
"""A long number as a spreadsheet shortens it: many patients become one."""


def patients_of(table: Table) -> list[str] | None:
    """Return the patient of every row; None if there is no such column, or nothing in it.

    Raises
    ------
    DatasetError
        Some rows name a patient and one does not; a number was shortened; 7 and 007 both occur.
    """
    records = table.records
    if not any(one.text("patient_id") for one in records):
        return None
    for one in records:
        _require_patient(one)
    _require_one_spelling(records)
    return [inert(one.text("patient_id")) for one in records]


def _require_patient(record: Record) -> None:
    found = record.text("patient_id")
    if not found:
        raise DatasetError(
            f"{_where(record)}: 'patient_id' is empty; fill it in for every row or drop the column"
        )
    if SHORTENED.fullmatch(found):
        raise DatasetError(
            f"{_where(record)}: the patient is {found!r}, a number that a spreadsheet shortened, so that "
            "several patients may read alike; save the column as text"
        )


def _require_one_spelling(records: Sequence[Record]) -> None:
    first: dict[str, Record] = {}
    for one in records:
        found = one.text("patient_id")
        key = found.lstrip("0") if found.isdecimal() else found
        other = first.setdefault(key, one)
        if other.text("patient_id") != found:
            raise DatasetError(
                f"{_where(one)}: the patient is {found!r} here and {other.text('patient_id')!r} in "
                f"{other.where}; if that is one patient write it in one way, else give them other names"
            )


def _where(record: Record) -> str:
    path = record.text("path")
    return f"{record.where} ({inert(path)})" if path else record.where
