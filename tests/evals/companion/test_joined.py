"""Blocks of columns under one ridge: one block is the shipped classifier, two are heard alike."""

import numpy as np
import pytest

from scafe.evals.companion.joined import Block, Joined, fit_joined, side_by_side
from scafe.evals.scoring.cases import Cases, per_patient
from scafe.evals.scoring.classifier import dump_classifier, fit_at_penalty, load_classifier
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.splits import Folds, make_folds

TWO, SWAPPED, THREE = ("nv", "mel"), ("mel", "nv"), ("mel", "bkl", "nv")


def cases(
    n: int = 60,
    columns: int = 4,
    classes: tuple[str, ...] = TWO,
    *,
    seed: int = 0,
    shift: float = 1.0,
    is_ordinal: bool = False,
) -> Cases:
    rng = np.random.default_rng(seed)
    target = np.arange(n) % len(classes)
    rows = rng.normal(size=(n, columns))
    rows[:, 0] += shift * target
    rows[rng.random(rows.shape) < 0.05] = np.nan
    patients = tuple(f"p{number:03d}" for number in range(n))
    return Cases(rows, Task(target, patients, len(classes), is_ordinal), classes)


def folds(one: Cases) -> Folds:
    return make_folds(range(len(one.rows)), one.task.patients, list(one.labels), 0, "test", 1)


def names(width: int, letter: str = "c") -> tuple[str, ...]:
    return tuple(f"{letter}{number}" for number in range(width))


@pytest.mark.parametrize(
    ("classes", "is_ordinal"), [(TWO, False), (SWAPPED, False), (THREE, False), (THREE, True)]
)
def test_one_block_is_the_shipped_classifier(classes: tuple[str, ...], is_ordinal: bool) -> None:
    one = cases(classes=classes, is_ordinal=is_ordinal)
    joined = fit_joined(one, [Block(names(4))], folds(one), penalty=0.1)
    shipped = fit_at_penalty(one, names(4), 0.1)
    assert joined.probabilities(one.rows) == pytest.approx(shipped.probabilities(one.rows), abs=1e-5)


@pytest.mark.parametrize(
    ("classes", "is_ordinal"), [(TWO, False), (SWAPPED, False), (THREE, False), (THREE, True)]
)
def test_what_a_bundle_holds_answers_as_what_was_fitted(classes: tuple[str, ...], is_ordinal: bool) -> None:
    one = cases(columns=90, classes=classes, is_ordinal=is_ordinal)
    blocks = side_by_side(names(4), names(86, "a"), one_scale=True)
    joined = fit_joined(one, blocks, folds(one))
    kept = load_classifier(dump_classifier(joined.classifier()))
    assert kept.columns == names(4) + names(86, "a")
    assert kept.penalty == joined.penalty
    assert kept.probabilities(one.rows) == pytest.approx(joined.probabilities(one.rows), abs=1e-9)


def test_each_block_has_the_same_variance_in_all() -> None:
    one = cases(columns=4 + 300)
    joined = fit_joined(one, side_by_side(names(4), names(300, "a"), one_scale=True), folds(one))
    standard = (np.where(np.isnan(one.rows), joined.medians, one.rows) - joined.means) / joined.scales
    variance = standard.var(axis=0)
    assert variance[:4].sum() == pytest.approx(variance[4:].sum())


def test_the_unit_of_a_companion_changes_nothing() -> None:
    one = cases(columns=30)
    blocks = side_by_side(names(4), names(26, "a"), one_scale=True)
    other = one.rows.copy()
    other[:, 4:] = 255 * other[:, 4:] + 7
    found = [fit_joined(one.with_rows(rows), blocks, folds(one)) for rows in (one.rows, other)]
    first, second = (
        joined.probabilities(rows) for joined, rows in zip(found, (one.rows, other), strict=True)
    )
    assert first == pytest.approx(second, abs=1e-6)


def held_out_auc(blocks: tuple[Block, ...], seed: int) -> float:
    train, test = (cases(40, 404, seed=seed + more, shift=1.5) for more in (0, 500))
    joined: Joined = fit_joined(train, blocks, folds(train))
    return per_patient(test, joined.probabilities(test.rows)).auc


def test_a_few_criteria_are_heard_beside_hundreds_of_empty_numbers() -> None:
    weighted = side_by_side(names(4), names(400, "a"), one_scale=True)
    plain = tuple(Block(block.columns, block.one_scale) for block in weighted)
    fair, drowned = (np.mean([held_out_auc(one, seed) for seed in range(12)]) for one in (weighted, plain))
    assert fair > 0.75
    assert fair > drowned + 0.05


def test_a_column_that_is_never_measured_or_never_varies_counts_for_nothing() -> None:
    one = cases(columns=6)
    one.rows[:, 2], one.rows[:, 3] = np.nan, 5.0
    joined = fit_joined(one, side_by_side(names(4), names(2, "a"), one_scale=False), folds(one))
    assert np.isfinite(joined.probabilities(one.rows)).all()
    assert np.abs(joined.weights[:, 2:4]).max() < 1e-9
