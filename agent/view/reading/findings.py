"""Findings of many revisions, searched in their records for a bounded time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scafe.agent.record.revisions import Revision
from scafe.agent.record.run_folder import RunFolder
from scafe.agent.view.reading.happened import Cell
from scafe.knowledge.contract.errors import IntegrityError, ScafeError
from scafe.knowledge.contract.inside import read_inside
from scafe.sandbox.probes.verdict import Finding

MOST_RECORD: Final = 16 << 20
SEARCH_S: Final = 0.06
ROWS: Final = 60


@dataclass(frozen=True)
class Match:
    """One finding, and the revision it is about."""

    cell: Cell
    finding: Finding


@dataclass(frozen=True)
class Found:
    """What a search came to."""

    matches: list[Match]
    faults: list[str]
    start: int
    next: int | None
    """Place of the revision to go on from; None: all were searched."""
    revisions: int
    """How many there are."""


def read_record(run: RunFolder, cell: Cell) -> Revision:
    """Read the record of a revision, bounded and never through a link; IntegrityError if it is none."""
    name = f"revisions/{cell.name}.json"
    try:
        return Revision.model_validate_json(read_inside(run.path, name, MOST_RECORD))
    except ValueError:
        raise IntegrityError(f"{name} is not the record of a revision; the file was edited") from None


def read_code(run: RunFolder, cell: Cell) -> str:
    """Read a revision's source as it stands in its file; whether it is the recorded one is `is_recorded`."""
    data = read_inside(run.path, f"revisions/{cell.name}.py", MOST_RECORD)
    return data.decode("utf-8", "replace")


def find_findings(run: RunFolder, cells: Sequence[Cell], text: str, severity: str, start: int) -> Found:
    """Find findings whose words hold all words of a text, from revision `start` on."""
    words, end = text.casefold().split(), time.monotonic() + SEARCH_S
    matches, faults = list[Match](), list[str]()
    for place in range(start, len(cells)):
        if len(matches) >= ROWS or (time.monotonic() > end and place > start):
            return Found(matches, faults, start, place, len(cells))
        cell = cells[place]
        if severity and all(severity != one for _, one, _ in cell.findings):
            continue
        try:
            record = read_record(run, cell)
        except ScafeError as error:
            faults.append(str(error))
            continue
        for finding in record.verdict.findings if record.verdict else ():
            told = f"{cell.name} {finding.code} {finding.feature or ''} {finding.message}".casefold()
            if severity in ("", finding.severity) and all(word in told for word in words):
                matches.append(Match(cell, finding))
    return Found(matches, faults, start, None, len(cells))
