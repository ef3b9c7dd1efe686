"""Calibration of a row: what is too sure, too low or without spread is told so."""

import numpy as np
import pytest
from scipy.special import expit, logit

from scafe.evals.compare.calibration import calibrated
from scafe.evals.scoring.cases import Scored
from scafe.evals.scoring.score import Task

DRAWS = 20


def drawn(stretch: float = 1.0, shift: float = 0.0, n: int = 400) -> list[Scored]:
    """Draw patients whose true chance is known, and say it stretched and shifted."""
    found = []
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        truth = rng.uniform(0.1, 0.9, n)
        task = Task((rng.random(n) < truth).astype(np.int64), tuple(map(str, range(n))))
        said = expit(stretch * logit(truth) + shift)
        found.append(Scored(task, ("ill", "well"), np.stack([said, 1 - said], axis=1)))
    return found


def test_true_chances_have_slope_one_and_nothing_in_the_large() -> None:
    told = calibrated(drawn())
    assert told.slope == pytest.approx(1, abs=0.06)
    assert told.in_the_large == pytest.approx(0, abs=0.06)


@pytest.mark.parametrize("stretch", [0.5, 2.0])
def test_chances_that_are_too_sure_have_a_slope_below_one(stretch: float) -> None:
    assert calibrated(drawn(stretch)).slope == pytest.approx(1 / stretch, rel=0.06)


def test_chances_that_are_too_low_are_so_by_their_shift() -> None:
    assert calibrated(drawn(shift=-0.7)).in_the_large == pytest.approx(0.7, abs=0.06)


def test_true_chances_beat_stretched_and_shifted_ones_by_brier() -> None:
    best = calibrated(drawn())
    assert all(best.brier < calibrated(drawn(*other)).brier for other in ((2.5, 0.0), (1.0, 1.0)))
    assert best.skill > 0


def test_equal_chances_have_no_slope_and_no_skill() -> None:
    even = [Scored(one.task, one.classes, np.full((400, 2), 0.5)) for one in drawn()]
    told = calibrated(even)
    assert (told.slope, told.in_the_large, told.skill) == (None, None, 0.0)


def test_the_order_of_the_classes_changes_neither_slope_nor_brier() -> None:
    flipped = [
        Scored(Task(1 - one.task.target, one.task.patients), ("well", "ill"), one.probabilities[:, ::-1])
        for one in drawn(1.5)
    ]
    first, second = calibrated(drawn(1.5)), calibrated(flipped)
    assert first.slope == pytest.approx(second.slope, abs=1e-3)
    assert first.brier == pytest.approx(second.brier)


def test_of_three_classes_each_stands_against_the_rest() -> None:
    rng = np.random.default_rng(0)
    truth = rng.dirichlet(np.ones(3), 3000)
    target = np.array([rng.choice(3, p=row) for row in truth])
    task = Task(target, tuple(map(str, range(3000))), 3)
    told = calibrated([Scored(task, ("a", "b", "c"), truth)])
    assert told.slope == pytest.approx(1, abs=0.08)
    assert told.in_the_large == pytest.approx(0, abs=0.08)
