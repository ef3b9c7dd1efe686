"""Learning curves of a comparison: SVG by matplotlib, the same bytes each time."""

import io
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scafe.evals.compare.table import Row, Table

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, told apart by the colour-blind; dashes and markers differ too."""
DASHES = ("-", "--", "-.", ":")
MARKERS = "osD^vP*"
STYLE: dict[Any, Any] = {"svg.hashsalt": "scafe", "font.family": "DejaVu Sans", "font.size": 9}


def learning_figure(table: Table) -> str:
    """Draw the AUC of every row over training patients per class."""
    with matplotlib.rc_context(STYLE):
        canvas = Figure(figsize=(8.0, 5.0), layout="constrained")
        axes = canvas.subplots()
        for place, row in enumerate(one for one in table.rows if one.points):
            _curve(axes, row, place, table)
        axes.axhline(0.5, color="#666666", linewidth=0.8, linestyle=":")
        axes.set_xscale("log")
        ticks = _places(table)
        axes.set_xticks(ticks, [_named(size) for size in table.sizes])
        axes.minorticks_off()
        axes.set(xlabel="training patients per class", ylabel="AUC, mean over draws")
        canvas.legend(loc="outside right upper", frameon=False, fontsize=7)
        held = io.StringIO()
        canvas.savefig(held, format="svg", metadata={"Date": None, "Creator": None})
    return held.getvalue()


def _curve(axes: Axes, row: Row, place: int, table: Table) -> None:
    values = [point.auc.value for point in row.points]
    axes.plot(
        _places(table),
        values,
        color="#999999" if row.family == "control" else COLOURS[place % len(COLOURS)],
        linestyle=DASHES[place // len(COLOURS) % len(DASHES)],
        marker=MARKERS[place % len(MARKERS)],
        linewidth=2.4 if row.name == table.reference else 1.1,
        markersize=4,
        label=row.name,
    )


def _places(table: Table) -> list[int]:
    return [size or max(table.training_patients.values()) for size in table.sizes]


def _named(size: int | None) -> str:
    return "all" if size is None else str(size)
