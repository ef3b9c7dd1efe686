"""Agreement with experts: known answers, invariance to what must not matter, and what chance gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.evals.experts.agreement import agreement, rater_agreement, weighted_kappa
from scafe.evals.experts.scores import CriterionScores

PATIENTS = tuple(f"p{number:03d}" for number in range(120))


def scored(*raters: np.ndarray) -> CriterionScores:
    names = tuple(f"r{number}" for number in range(len(raters)))
    return CriterionScores("height", names, np.stack(raters, axis=1).astype(float))


def levels(seed: int, count: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, count, 120).astype(float)


def test_a_feature_that_is_the_score_agrees_wholly() -> None:
    truth = levels(0)
    found = agreement(3 * truth - 7, scored(truth), PATIENTS, "f")
    assert (found.kind, found.value, found.kappa) == ("spearman", 1.0, 1.0)


def test_two_levels_are_told_by_auc() -> None:
    truth = levels(1, 2)
    found = agreement(truth + 0.1 * levels(2), scored(truth), PATIENTS, "f")
    assert (found.kind, found.value) == ("auc", 1.0)
    assert found.low > 0.9


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_only_the_order_of_values_counts_and_a_falling_feature_is_turned(seed: int) -> None:
    truth = levels(seed)
    values = truth + np.random.default_rng(seed).normal(0, 1, 120)
    plain = agreement(values, scored(truth), PATIENTS, "f")
    warped = agreement(np.exp(values), scored(truth), PATIENTS, "f")
    fallen = agreement(-values, scored(truth), PATIENTS, "f", sign=-1)
    assert plain.value == pytest.approx(warped.value) == pytest.approx(fallen.value)
    assert plain.low < plain.value < plain.high


def test_the_interval_covers_nothing_where_there_is_nothing() -> None:
    noise = [np.random.default_rng(900 + seed).normal(size=120) for seed in range(60)]
    found = [agreement(one, scored(levels(seed)), PATIENTS, "f") for seed, one in enumerate(noise)]
    covered = [one.low < 0 < one.high for one in found]
    assert np.mean(covered) > 0.85


def test_raters_of_a_known_kappa() -> None:
    """Hand-worked: 20 pairs, 5 of them one level apart, both raters half 0 and half 1."""
    one = np.array([0.0] * 10 + [1.0] * 10)
    two = np.array([0.0] * 8 + [1.0] * 2 + [1.0] * 7 + [0.0] * 3)
    agreed, chance = 15 / 20, 0.5 * (11 / 20) + 0.5 * (9 / 20)
    assert weighted_kappa(one, two) == pytest.approx((agreed - chance) / (1 - chance))
    assert rater_agreement(scored(one, two)).kappa == pytest.approx((agreed - chance) / (1 - chance))


def test_one_rater_has_no_kappa_and_few_images_no_agreement() -> None:
    assert np.isnan(rater_agreement(scored(levels(3))).kappa)
    few = CriterionScores("height", ("",), levels(3)[:8, None])
    assert np.isnan(agreement(levels(4)[:8], few, PATIENTS[:8], "f").value)
