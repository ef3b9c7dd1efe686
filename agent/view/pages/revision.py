"""One revision: its code, what was found at its lines, what it came from, was asked by and led to."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from scafe.agent.record.revisions import Revision
from scafe.agent.view.pages.opened import NotYetError, Opened, letters_of, opened, require
from scafe.agent.view.pictures import FeaturePicture, feature_picture
from scafe.agent.view.reading.code import Row, around_changes, highlighted, side_by_side
from scafe.agent.view.reading.findings import read_code, read_record
from scafe.agent.view.reading.happened import Cell
from scafe.agent.view.reading.letters import Letter
from scafe.agent.view.rendering import page
from scafe.knowledge.contract.errors import ScafeError
from scafe.knowledge.contract.inside import read_inside
from scafe.knowledge.contract.plain_json import read_json
from scafe.sandbox.probes.verdict import Finding

MOST_OTHERS: Final = 80
MOST_REPORT: Final = 8 << 20


@dataclass
class Shown:
    """What could be read of a revision; what could not is in the faults."""

    record: Revision | None = None
    source: str = ""
    is_recorded: bool = False
    """Whether the source is the one whose hash the trace holds."""
    reply: str | None = None
    brief: str | None = None
    letter: Letter | None = None
    is_pending: bool = False
    """Whether the journal is still being read, so that the prompt may yet be found."""
    faults: list[str] = field(default_factory=list)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the probes found."""
        return self.record.verdict.findings if self.record and self.record.verdict else ()


def revision(request: Request) -> Response:
    """Show one revision."""
    one = opened(request)
    cell = _cell(one, request.path_params["criterion"], request.path_params["number"])
    shown = _read(request, one, cell)
    against = _against(one, cell, request.query_params.get("against", ""))
    rows, is_cut = _difference(one, against, shown, bool(request.query_params.get("whole")))
    return page(
        request,
        "revision",
        run=one,
        cell=cell,
        shown=shown,
        lines=highlighted(shown.source),
        at_line=_at_line(shown.findings),
        against=against,
        rows=rows,
        is_cut=is_cut,
        pictures=_pictures(one, cell, shown),
        parents=[found for sha in cell.parents if (found := one.happened.of_sha256.get(sha))],
        children=one.happened.children(cell.sha256),
        others=_others(one, cell, against),
        noise_floor=_noise_floor(one),
        successor=one.happened.of_sha256.get(cell.replaced_by),
    )


def _cell(one: Opened, criterion: str, number: str) -> Cell:
    name = f"{criterion}/{number}"
    found = one.happened.cells.get(name)
    if found is None and not one.snapshot.is_whole:
        raise NotYetError(f"revision {name[:80]!a} was not met yet: the trace is still being read")
    return require(found, f"revision {name[:80]!a} in this run")


def _others(one: Opened, cell: Cell, against: Cell | None) -> list[Cell]:
    """Return what a revision may be compared with: those nearest to it, of the same criterion."""
    same = [each for each in list(one.happened.cells.values()) if each.criterion == cell.criterion]
    near = sorted(same, key=lambda each: abs(each.number - cell.number))[:MOST_OTHERS]
    found = {each.name: each for each in (*near, *([against] if against else []))}
    found.pop(cell.name, None)
    return sorted(found.values(), key=lambda each: (each.criterion, each.number))


def _against(one: Opened, cell: Cell, asked: str) -> Cell | None:
    """Return what the revision is compared with: what was asked for, else its first parent."""
    if asked:
        return require(one.happened.cells.get(asked), f"revision {asked[:80]!a} in this run")
    return next((found for sha in cell.parents if (found := one.happened.of_sha256.get(sha))), None)


def _difference(
    one: Opened, against: Cell | None, shown: Shown, is_whole: bool
) -> tuple[list[Row | None], bool]:
    if against is None:
        return [], False
    try:
        rows = side_by_side(read_code(one.folder, against), shown.source)
    except ScafeError as error:
        shown.faults.append(str(error))
        return [], False
    cut = around_changes(rows)
    return (list(rows), False) if is_whole else (cut, len(cut) < len(rows))


def _read(request: Request, one: Opened, cell: Cell) -> Shown:
    shown = Shown()
    for step in (_read_record, _read_source, _read_words):
        try:
            step(request, one, cell, shown)
        except (ScafeError, OSError) as error:
            shown.faults.append(str(error))
    return shown


def _read_record(request: Request, one: Opened, cell: Cell, shown: Shown) -> None:
    shown.record = read_record(one.folder, cell)


def _read_source(request: Request, one: Opened, cell: Cell, shown: Shown) -> None:
    shown.source = read_code(one.folder, cell)
    shown.is_recorded = hashlib.sha256(shown.source.encode()).hexdigest() == cell.sha256
    if not shown.is_recorded:
        shown.faults.append(
            f"revisions/{cell.name}.py is not the source whose hash the trace holds: the file was edited"
        )


def _read_words(request: Request, one: Opened, cell: Cell, shown: Shown) -> None:
    if cell.call is None:
        return
    shown.reply = one.folder.reply(cell.call.reply)
    shown.brief = one.folder.brief(cell.call.brief)
    letters = letters_of(request, one)
    known = letters.order(one.happened.calls)
    stem = dict(known.items).get(cell.call.number)
    shown.is_pending = stem is None and not known.is_whole
    shown.letter = letters.letter(cell.call.number, stem) if stem else None


def _noise_floor(one: Opened) -> str:
    """Return what the run's report says of its noise floor; '' where there is no report yet."""
    try:
        report = read_json(read_inside(one.path, "report.json", MOST_REPORT), "report.json")
        texts = [str(block.get("text", "")) for part in report["sections"] for block in part["blocks"]]
    except (ScafeError, KeyError, TypeError, AttributeError):
        return ""
    return next((text for text in texts if text.startswith("Noise floor:")), "")


def _at_line(findings: tuple[Finding, ...]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = {}
    for one in findings:
        if one.line is not None:
            found.setdefault(one.line, []).append(one)
    return found


def _pictures(one: Opened, cell: Cell, shown: Shown) -> list[FeaturePicture]:
    verdict = shown.record.verdict if shown.record else None
    return [feature_picture(evidence, verdict.findings) for evidence in verdict.features] if verdict else []
