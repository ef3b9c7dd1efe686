"""The table of a comparison as Markdown and as one HTML file with its figure."""

import html
from collections.abc import Callable, Sequence

from scafe.evals.compare.figure import learning_figure
from scafe.evals.compare.shown import Masks
from scafe.evals.compare.table import Estimate, Point, Row, Table
from scafe.knowledge.contract.inert import inert_lines

CELL_END = "|"
HOW = (
    "AUC: mean over draws, with the 95 % interval over draws and patients; every row has the same training "
    "and test patients. Difference: {reference} minus the row, paired; p by Holm over the rows of a size."
)
RESEARCH = "For research only; no claim of clinical use."
CALIBRATION = (
    "Probabilities at the last size, over the test patients of all draws (slope below 1: too sure; in the "
    "large above 0: too low for the first class; calling everyone by the commonest class has accuracy "
    "{majority:.3f}):"
)
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;font-size:13px;margin:1em 0}td,th{border-bottom:1px solid #ccc;"
    "padding:.25em .6em;text-align:left;vertical-align:top}svg{max-width:100%;height:auto}"
)
Lines = list[list[str]]


def markdown_page(table: Table, heading: str = "# ", is_short: bool = False) -> str:
    """Write the comparison as Markdown; short: rows that did not run as one list, and not what each is."""
    parts = [f"{heading}{title(table)}", *sentences(table)]
    if is_short:
        ran = table.model_copy(update={"rows": tuple(row for row in table.rows if row.points)})
        parts += [part for caption, lines in _tables(ran)[:3] for part in (caption, _markdown(lines))]
        parts += _not_run(table)
    else:
        parts += [part for caption, lines in _tables(table) for part in (caption, _markdown(lines))]
    return inert_lines("\n\n".join(parts) + "\n")


def _not_run(table: Table) -> list[str]:
    """Name the rows that did not run, by their reason."""
    reasons: dict[str, list[str]] = {}
    for row in table.rows:
        if not row.points:
            reasons.setdefault(f"{row.status}: {row.reason}", []).append(row.name)
    listed = [f"- {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return ["Rows that did not run:", "\n".join(listed)] if listed else []


def html_page(table: Table) -> str:
    """Write the whole comparison as one HTML file; the figure is in it."""
    parts = [
        f"<h1>{html.escape(title(table))}</h1>",
        *(f"<p>{html.escape(one)}</p>" for one in sentences(table)),
    ]
    parts.append(learning_figure(table)[learning_figure(table).index("<svg") :])
    for caption, lines in _tables(table):
        parts += [f"<p>{html.escape(caption)}</p>", _html(lines)]
    head = f'<meta charset="utf-8"><title>{html.escape(title(table))}</title><style>{STYLE}</style>'
    return inert_lines(
        f"<!doctype html><html lang=en><head>{head}</head><body>{''.join(parts)}</body></html>\n"
    )


def title(table: Table) -> str:
    """Name the comparison."""
    return f"Comparison on {table.images} images: {' against '.join(table.classes)}"


def sentences(table: Table) -> list[str]:
    """Say what was done, and what a reader must know before the numbers."""
    patients = ", ".join(f"{number} {label}" for label, number in table.patients.items())
    kind = "the held-out" if table.fixed_test else f"{table.test_patients} other"
    found = [
        f"{patients} patients; {table.draws} draws of training patients, each tested on {kind} patients. "
        f"Pack {table.pack}, seed {table.seed}. {RESEARCH}",
        HOW.format(reference=table.reference),
    ]
    if table.sizes_left_out:
        sizes = ", ".join(map(str, table.sizes_left_out))
        label = min(table.training_patients, key=lambda one: table.training_patients[one])
        found.append(
            f"Left out: {sizes} patients per class; class {label} has {table.training_patients[label]} "
            "training patients beside those tested."
        )
    return [*found, *_mask_words(table.masks), *_control_words(table)]


def _mask_words(masks: Masks | None) -> list[str]:
    if masks is None:
        return []
    kind = "reference locator" if masks.is_reference else "locator"
    return [
        f"Masks of the {masks.region}: {masks.counts}, on {masks.counts.given + masks.counts.asked} images "
        f"({kind}, {masks.locator[:8]}). It saw no label, and every row that looks inside a mask "
        "looks inside the same one; where it is empty, nothing is measured, and a crop is the whole image."
    ]


def _control_words(table: Table) -> list[str]:
    told = [f"{one.name} {one.auc:.3f} (standard error {one.standard_error:.3f})" for one in table.controls]
    if not told:
        return []
    if table.failed:
        return [
            f"CONTROLS FAILED: {'; '.join(told)}. A control whose 95 % interval misses .5 means that "
            "something leaks: believe no row of this table before that is found."
        ]
    return [f"Controls at chance, as they must be: {'; '.join(told)}."]


def _tables(table: Table) -> list[tuple[str, Lines]]:
    found = [
        ("AUC by training patients per class:", _grid(table, lambda row, place: _auc(row, place))),
        (
            f"Difference, {table.reference} minus row (above 0: {table.reference} leads):",
            _grid(table, _difference, [row for row in table.rows if row.points]),
        ),
        (CALIBRATION.format(majority=table.majority), _calibration(table)),
        ("What each row is:", _declared(table)),
    ]
    fused = [row for row in table.rows if row.shares]
    return (
        [*found, ("What rows tell beside their scores, at the last size:", _carried(fused))]
        if fused
        else found
    )


def _grid(table: Table, cell: Callable[[Row, int], str], rows: Sequence[Row] = ()) -> Lines:
    head = ["row", *("all" if size is None else str(size) for size in table.sizes)]
    lines = [head]
    for row in rows or table.rows:
        if row.points:
            lines.append([row.name, *(cell(row, place) for place in range(len(table.sizes)))])
        else:
            lines.append([row.name, f"{row.status}: {row.reason}", *[""] * (len(table.sizes) - 1)])
    return lines


def _auc(row: Row, place: int) -> str:
    return _estimate(row.points[place].auc)


def _difference(row: Row, place: int) -> str:
    point = row.points[place]
    if point.difference is None:
        return "–"
    mark = " *" if point.p is not None and point.p < 0.05 and row.family != "control" else ""
    return f"{_estimate(point.difference, '+')}{mark}"


def _declared(table: Table) -> Lines:
    lines = [["row", "what", "leaves the machine", "weights", "labels touched", "source"]]
    for row in table.rows:
        touched = str(row.points[-1].labels_touched) if row.points else ""
        note = f" ({row.note})" if row.note else ""
        lines.append([row.name, f"{row.title}{note}", row.egress, row.weights, touched, row.source])
    return lines


def _calibration(table: Table) -> Lines:
    lines = [["row", "Brier", "Brier skill", "slope", "in the large", "balanced accuracy", "recall"]]
    for row in table.rows:
        if row.points:
            lines.append([row.name, *_calibrated(row.points[-1])])
    return lines


def _calibrated(point: Point) -> list[str]:
    slope, large = (
        "–" if value is None else f"{value:{sign}.2f}"
        for value, sign in ((point.calibration_slope, ""), (point.calibration_in_the_large, "+"))
    )
    recall = ", ".join(f"{label} {share:.2f}" for label, share in point.recall.items())
    brier = (f"{point.brier:.3f}", f"{point.brier_skill:+.3f}")
    return [*brier, slope, large, f"{point.balanced_accuracy:.3f}", recall]


def _carried(rows: Sequence[Row]) -> Lines:
    lines = [["row", "parts and criteria of a fused row: share of the log-odds that each moves"]]
    for row in rows:
        told = ", ".join(f"{name} {share:.2f}" for name, share in row.shares.items())
        lines.append([row.name, told])
    return lines


def _estimate(one: Estimate, sign: str = "") -> str:
    return f"{one.value:{sign}.3f} ({one.low:{sign}.3f} to {one.high:{sign}.3f})"


def _markdown(lines: Lines) -> str:
    rows = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([rows[0], "|" + "---|" * len(lines[0]), *rows[1:]])


def _html(lines: Lines) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{row(lines[0], 'th')}{''.join(row(line, 'td') for line in lines[1:])}</table>"
