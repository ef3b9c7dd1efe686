"""The plots of a report: SVG by matplotlib, the same bytes each time, readable in print and colour-blind.

Lines differ by dash and marker as well as by colour; the colours are Okabe and Ito's.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure as Canvas

from scafe.evals.frozen.records import Manifest, Responses
from scafe.evals.scoring.headline import Headline, LearningPoint

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#666666"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "scafe",
    "font.family": "DejaVu Sans",  # ships with matplotlib: no other machine lacks it
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
}


def roc_figure(headline: Headline) -> str:
    """ROC curves of ScaFE and the baseline on the same patients."""
    with _canvas(4.2, 4.0) as (canvas, finish):
        axes = canvas.subplots()
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":", label="chance (.500)")
        for score, colour, dash in ((headline.model, BLUE, "-"), (headline.baseline, ORANGE, "--")):
            x, y = np.array(score.roc).T
            label = f"{score.name} ({score.auc.value:.3f})"
            axes.plot(x, y, color=colour, linestyle=dash, linewidth=1.8, label=label)
        axes.set(xlabel="1 - specificity", ylabel="sensitivity", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.set_aspect("equal")
        axes.legend(loc="lower right", frameon=False)
        return finish()


def calibration_figure(headline: Headline) -> str:
    """Observed share against predicted probability, five bins of equal mass."""
    with _canvas(4.2, 4.0) as (canvas, finish):
        axes = canvas.subplots()
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":", label="perfect")
        bins = headline.calibration.bins
        axes.plot(
            [one.predicted for one in bins],
            [one.observed for one in bins],
            color=BLUE,
            marker="o",
            linewidth=1.2,
            label="ScaFE",
        )
        axes.set(
            xlabel=f"predicted probability of {headline.classes[0]}",
            ylabel="observed share",
            xlim=(-0.02, 1.02),
            ylim=(-0.02, 1.02),
        )
        axes.set_aspect("equal")
        axes.legend(loc="lower right", frameon=False)
        return finish()


def benefit_figure(headline: Headline) -> str:
    """Net benefit of ScaFE, the baseline, calling all and calling none."""
    with _canvas(5.6, 3.4) as (canvas, finish):
        axes = canvas.subplots()
        at = [one.threshold for one in headline.net_benefit]
        for name, colour, dash in (
            ("model", BLUE, "-"),
            ("baseline", ORANGE, "--"),
            ("treat_all", GREY, "-."),
        ):
            values = [getattr(one, name) for one in headline.net_benefit]
            label = {"model": "ScaFE", "baseline": headline.baseline.name, "treat_all": "call all"}[name]
            axes.plot(at, values, color=colour, linestyle=dash, linewidth=1.6, label=label)
        axes.axhline(0, color=GREY, linewidth=0.8, linestyle=":", label="call none")
        top = max(one.model for one in headline.net_benefit)
        axes.set(xlabel="threshold probability", ylabel="net benefit", ylim=(-0.1, max(0.1, top) * 1.1))
        axes.legend(frameon=False)
        return finish()


def response_figure(manifest: Manifest, responses: Responses) -> str:
    """Each feature against the dial of its criterion, one small panel each."""
    columns = manifest.columns
    wide = min(4, len(columns))
    high = -(-len(columns) // wide)
    with _canvas(2.2 * wide, 1.9 * high) as (canvas, finish):
        grid = canvas.subplots(high, wide, squeeze=False).ravel()
        for axes, column in zip(grid, columns, strict=False):
            curve = next(one for one in responses.curves[column] if one.dial == responses.own_dial[column])
            values = [np.nan if value is None else value for value in curve.values]
            axes.plot(curve.levels, values, color=BLUE, marker="o", markersize=3, linewidth=1.2)
            axes.set_title(column, fontsize=7)
            axes.set_xlabel(f"{curve.dial} ({curve.unit})", fontsize=7)
            axes.tick_params(labelsize=6)
        for axes in grid[len(columns) :]:
            axes.set_visible(False)
        return finish()


def selectivity_figure(manifest: Manifest, responses: Responses) -> str:
    """How far every dial moves every feature, as a share of what its own dial does; that one is framed."""
    columns = manifest.columns
    dials = [curve.dial for curve in responses.curves[columns[0]]]
    reach = np.array([responses.reaches(column) for column in columns])
    with _canvas(1.8 + 0.52 * len(dials), 1.5 + 0.3 * len(columns)) as (canvas, finish):
        axes = canvas.subplots()
        # A diverging map whose middle is white: sign by colour, strength by depth, numbers for print.
        axes.imshow(reach, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
        for row, column in enumerate(columns):
            for place, dial in enumerate(dials):
                value = reach[row, place]
                shade = "white" if abs(value) > 0.6 else "black"
                text = f"{value:+.1f}" if abs(value) >= 0.05 else "0"
                axes.text(place, row, text, ha="center", va="center", fontsize=6, color=shade)
                if dial == responses.own_dial[column]:
                    frame = ((place - 0.5, row - 0.5), 1, 1)
                    axes.add_patch(matplotlib.patches.Rectangle(*frame, fill=False, linewidth=1.6))
        axes.set_xticks(range(len(dials)), dials, rotation=45, ha="right", fontsize=7)
        axes.set_yticks(range(len(columns)), columns, fontsize=7)
        return finish()


def learning_figure(points: Sequence[LearningPoint], baseline: str) -> str:
    """AUC over patients per class, mean and one standard deviation over draws."""
    with _canvas(5.6, 3.4) as (canvas, finish):
        axes = canvas.subplots()
        x = [one.patients_per_class for one in points]
        axes.errorbar(
            x,
            [p.auc for p in points],
            [p.sd for p in points],
            color=BLUE,
            marker="o",
            capsize=3,
            label="ScaFE",
        )
        axes.errorbar(
            x,
            [p.baseline_auc for p in points],
            [p.baseline_sd for p in points],
            color=ORANGE,
            marker="s",
            linestyle="--",
            capsize=3,
            label=baseline,
        )
        axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":", label="chance")
        axes.set_xscale("log")
        axes.set_xticks(x, [str(one) for one in x])
        axes.minorticks_off()
        axes.set(xlabel="patients per class that the classifier was fitted on", ylabel="AUC")
        axes.legend(frameon=False, loc="lower right")
        return finish()


@contextmanager
def _canvas(width: float, height: float) -> Iterator[tuple[Canvas, Callable[[], str]]]:
    """Open a figure in inches and hand out how to finish it as SVG."""
    with matplotlib.rc_context(STYLE):
        canvas = Canvas(figsize=(width, height), layout="constrained")

        def finish() -> str:
            buffer = io.StringIO()
            canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
            return buffer.getvalue()

        yield canvas, finish
