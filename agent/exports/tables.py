"""Events, revisions and features as flat tables, one row each: CSV, or Parquet with types."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scafe.agent.exports.needed import needed
from scafe.agent.exports.whole_run import WholeRun, new_place
from scafe.agent.terminal.spreadsheet import as_text_cell
from scafe.agent.view.reading.happened import Cell

Row = dict[str, Any]
OWN: Final = ("n", "ts", "kind", "round", "criterion", "number", "operator", "sha256")
"""Fields of an event that have a column; the rest of it stands in `more`, as JSON."""


@dataclass(frozen=True)
class Table:
    """One table."""

    name: str
    columns: tuple[str, ...]
    rows: list[Row]


def write_csv(run: WholeRun, into: Path) -> list[Path]:
    """Write events.csv, revisions.csv and features.csv into a new folder; no cell is taken for a formula."""
    new_place(into).mkdir()
    return [_csv(table, into / f"{table.name}.csv") for table in tables(run)]


def write_parquet(run: WholeRun, into: Path) -> list[Path]:
    """Write the same as Parquet; InputError if pyarrow is not installed."""
    arrow, parquet = needed("pyarrow", "parquet"), needed("pyarrow.parquet", "parquet")
    new_place(into).mkdir()
    paths = []
    for table in tables(run):
        columns = {name: [row.get(name) for row in table.rows] for name in table.columns}
        path = into / f"{table.name}.parquet"
        parquet.write_table(arrow.table(columns), path)
        paths.append(path)
    return paths


def tables(run: WholeRun) -> tuple[Table, Table, Table]:
    """Reduce a run to its tables."""
    revisions = [_revision(cell) for cell in run.cells]
    features = [row for cell in run.cells for row in _features(run, cell)]
    return (
        Table("events", (*OWN, "more"), [_event(line) for line in run.lines]),
        Table("revisions", tuple(revisions[0]) if revisions else ("revision",), revisions),
        Table("features", FEATURE_COLUMNS, features),
    )


def _event(line: Row) -> Row:
    more = {key: value for key, value in line.items() if key not in OWN}
    return {key: line.get(key) for key in OWN} | {"more": json.dumps(more, ensure_ascii=False)}


def _revision(cell: Cell) -> Row:
    return {
        "revision": cell.name,
        "criterion": cell.criterion,
        "number": cell.number,
        "sha256": cell.sha256,
        "operator": cell.operator,
        "parents": _joined(cell.parents),
        "round": cell.round,
        "ts": cell.ts,
        "call": cell.call.number if cell.call else None,
        "standing": cell.standing,
        "reason": cell.reason,
        "gate": cell.gate,
        "accepted": _joined(cell.accepted),
        "pooled": _joined(cell.pooled),
        "selected": _joined(cell.selected),
        "findings": _joined([f"{code}:{severity}:{feature}" for code, severity, feature in cell.findings]),
    }


FEATURE_COLUMNS: Final = (
    "revision", "feature", "predicted", "accepted", "selected", "stability", "worst_perturbation", "missing",
    "strongest_dial", "strongest_spearman", "evidence", "strength", "redundancy",
)  # fmt: skip


def _features(run: WholeRun, cell: Cell) -> list[Row]:
    record = run.record(cell)
    cards = {one.name: one for one in record.card.features} if record.card else {}
    rows = []
    for one in record.verdict.features if record.verdict else ():
        strongest = max(one.responses, key=lambda each: abs(each.spearman), default=None)
        card = cards.get(one.name)
        rows.append(
            {
                "revision": cell.name,
                "feature": one.name,
                "predicted": record.predicted.get(one.name),
                "accepted": one.accepted,
                "selected": one.name in cell.selected,
                "stability": one.stability,
                "worst_perturbation": one.worst_perturbation,
                "missing": one.missing,
                "strongest_dial": strongest.name if strongest else None,
                "strongest_spearman": strongest.spearman if strongest else None,
                "evidence": card.evidence if card else None,
                "strength": card.strength if card else None,
                "redundancy": card.redundancy if card else None,
            }
        )
    return rows


def _joined(parts: Sequence[str]) -> str:
    return " ".join(parts)


def _csv(table: Table, path: Path) -> Path:
    with path.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.columns)
        for row in table.rows:
            writer.writerow([_cell(row.get(name)) for name in table.columns])
    return path


def _cell(value: object) -> str:
    if value is None:
        return ""
    return as_text_cell(value) if isinstance(value, str) else str(value)
