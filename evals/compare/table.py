"""The table of a comparison as records: rows, points, paired differences, and whether the controls held."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.compare.calibration import calibrated
from scafe.evals.compare.cell import scored_of
from scafe.evals.compare.engine import Ran
from scafe.evals.compare.numbers import Placed, holm, mean_auc, paired, place, standard_error, two_sided
from scafe.evals.compare.plan import ALL, Plan
from scafe.evals.compare.shown import Masks
from scafe.evals.scoring.assessment import call, short
from scafe.evals.scoring.cases import Scored
from scafe.evals.scoring.stats import Interval
from scafe.knowledge.contract.errors import InputError


class Record(BaseModel):
    """Frozen, closed record of a table."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Estimate(Record):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class Point(Record):
    """One row at one size."""

    patients_per_class: int | None = Field(description="none: every training patient of a draw")
    labels_touched: int = Field(description="patients whose label was used, for features or for fitting")
    auc: Estimate
    sd: float = Field(description="of the AUC over draws")
    balanced_accuracy: float = Field(description="each patient called by its likeliest class")
    recall: dict[str, float] = Field(description="class -> share of its patients called so")
    brier: float = Field(description="mean squared error of the probabilities; 0 is perfect")
    brier_skill: float = Field(description="1 minus the Brier score over that of equal chances")
    calibration_slope: float | None = Field(description="of the log-odds; below 1: too sure")
    calibration_in_the_large: float | None = Field(description="log-odds by which chances are too low")
    difference: Estimate | None = Field(description="AUC of ScaFE minus this row on the same patients")
    p: float | None = Field(description="of the difference, two-sided, by Holm over the rows of a size")


class Row(Record):
    """One system."""

    name: str
    title: str
    family: str
    status: Literal["ok", "unavailable", "plumbing only"]
    reason: str
    egress: str
    weights: str
    source: str
    note: str
    money: float = Field(description="paid to an endpoint, in the currency of its price list")
    points: tuple[Point, ...]
    shares: dict[str, float] = Field(description="of a fused row: how much each part and criterion carries")


class Control(Record):
    """Whether a control stayed at chance."""

    name: str
    auc: float
    standard_error: float
    held: bool


class Table(Record):
    """Everything that a comparison found; the same for the same seed on every machine."""

    format: Literal["scafe/comparison@2", "scafe/comparison@3"] = "scafe/comparison@3"
    """2: without `masks`; it is read still."""
    classes: tuple[str, ...]
    images: int
    patients: dict[str, int]
    data_sha256: str
    pack: str
    seed: int
    draws: int
    sizes: tuple[int | None, ...]
    sizes_left_out: tuple[int, ...]
    training_patients: dict[str, int] = Field(description="class -> patients that the last size takes")
    test_patients: int
    majority: float = Field(description="accuracy of calling every test patient by the commonest class")
    fixed_test: bool
    masks: Masks | None = Field(default=None, description="none: as given, or the whole image is measured")
    reference: str = Field(description="the row that differences are taken from")
    rows: tuple[Row, ...]
    controls: tuple[Control, ...]

    @property
    def failed(self) -> tuple[Control, ...]:
        """Controls that did not stay at chance: the table then shows a fault, not a result."""
        return tuple(one for one in self.controls if not one.held)


def rows_of(ran: Sequence[Ran], plan: Plan, reference: str) -> tuple[Row, ...]:
    """Make the rows; differences are taken from `reference`.

    Raises
    ------
    InputError
        The reference is none of the rows that ran.
    """
    placed = {one.peer.card.name: _placed(one, plan) for one in ran}
    if not placed.get(reference):
        raise InputError(f"row {reference!r} did not run, so nothing can be compared with it")
    gains = _gains(ran, placed, plan, reference)
    return tuple(_row(one, plan, placed[one.peer.card.name], gains) for one in ran)


def controls_of(ran: Sequence[Ran], plan: Plan) -> tuple[Control, ...]:
    """Judge each control over all sizes together: one question each, not one for every size."""
    controls = [one for one in ran if one.peer.card.family == "control" and one.cells]
    return tuple(_control(one, list(_placed(one, plan).values())) for one in controls)


def _control(one: Ran, sizes: Sequence[Sequence[Placed]]) -> Control:
    draws = [_averaged(drawn) for drawn in zip(*sizes, strict=True)]
    auc, error = float(np.mean([draw.auc for draw in draws])), standard_error(draws)
    held = abs(auc - 0.5) <= two_sided(len(draws)) * error + 1e-9
    return Control(name=one.peer.card.name, auc=short(auc), standard_error=short(error), held=held)


def _averaged(sizes: Sequence[Placed]) -> Placed:
    placements = np.mean([one.placements for one in sizes], axis=0)
    auc = float(np.mean([one.auc for one in sizes]))
    return Placed(sizes[0].patients, sizes[0].classes, placements, auc)


Gains = dict[tuple[str, int], tuple[Interval, float]]


def _gains(
    ran: Sequence[Ran], placed: Mapping[str, Mapping[int, Sequence[Placed]]], plan: Plan, reference: str
) -> Gains:
    found: Gains = {}
    others = [one.peer.card for one in ran if one.cells and one.peer.card.name != reference]
    for size in plan.sizes:
        ours = placed[reference][size]
        tests = {card.name: paired(ours, placed[card.name][size]) for card in others}
        real = [card.name for card in others if card.family != "control"]
        corrected = dict(zip(real, holm([tests[name].p for name in real]), strict=True))
        for name, test in tests.items():
            found[name, size] = (test.interval, corrected.get(name, test.p))
    return found


def _placed(one: Ran, plan: Plan) -> dict[int, list[Placed]]:
    return {size: [place(scored) for scored in _scored(one, plan, size)] for size in plan.sizes if one.cells}


def _scored(one: Ran, plan: Plan, size: int) -> list[Scored]:
    at = size if one.peer.card.needs_labels else ALL
    found = []
    for draw, cell in zip(plan.draws, one.cells, strict=True):
        cases = scored_of(plan.task, plan.classes, draw.test)
        names, first = np.unique(cases.task.patients, return_index=True)
        task = type(cases.task)(
            cases.task.target[first], tuple(map(str, names)), cases.task.n_classes, cases.task.is_ordinal
        )
        found.append(Scored(task, plan.classes, np.array(cell[str(at)]["probabilities"])))
    return found


def _row(one: Ran, plan: Plan, placed: Mapping[int, Sequence[Placed]], gains: Gains) -> Row:
    card = one.peer.card
    points = tuple(_point(one, plan, size, placed[size], gains) for size in plan.sizes if one.cells)
    is_random = card.weights.kind == "random"
    status: Literal["ok", "unavailable", "plumbing only"] = "ok" if one.cells else "unavailable"
    return Row(
        name=card.name,
        title=card.title,
        family=card.family,
        status="plumbing only" if is_random and one.cells else status,
        reason="random weights say nothing about a method" if is_random and one.cells else one.reason,
        egress=card.egress,
        weights=card.weights.words,
        source=card.source,
        note=card.note,
        money=0.0,
        points=() if is_random else points,
        shares=_shares(one, plan),
    )


def _point(one: Ran, plan: Plan, size: int, draws: Sequence[Placed], gains: Gains) -> Point:
    scored, card = _scored(one, plan, size), one.peer.card
    aucs, cuts = np.array([draw.auc for draw in draws]), [call(each, 0.5) for each in scored]
    gain = gains.get((card.name, size))
    told = calibrated(scored)
    return Point(
        patients_per_class=size or None,
        labels_touched=max(card.labels_selected, _fitted_labels(plan, size) if card.needs_labels else 0),
        auc=_estimate(mean_auc(draws)),
        sd=short(float(aucs.std(ddof=1))),
        balanced_accuracy=short(float(np.mean([cut.balanced_accuracy for cut in cuts]))),
        recall={label: short(float(np.mean([cut.recall[label] for cut in cuts]))) for label in plan.classes},
        brier=told.brier,
        brier_skill=told.skill,
        calibration_slope=told.slope,
        calibration_in_the_large=told.in_the_large,
        difference=None if gain is None else _estimate(gain[0]),
        p=None if gain is None else short(gain[1]),
    )


def _fitted_labels(plan: Plan, size: int) -> int:
    return len(plan.draws[0].train(size))


def _shares(one: Ran, plan: Plan) -> dict[str, float]:
    """Mean over draws at the last size."""
    told: list[dict[str, Any]] = [cell.get(str(plan.sizes[-1]), {}).get("shares", {}) for cell in one.cells]
    names = dict.fromkeys(name for each in told for name in each)
    return {name: short(float(np.mean([each.get(name, 0.0) for each in told]))) for name in names}


def _estimate(one: Interval) -> Estimate:
    if not math.isfinite(one.value):
        raise InputError("a score is not a number: a class has no test patient; give it more patients")
    return Estimate(value=short(one.value), low=short(one.low), high=short(one.high))
