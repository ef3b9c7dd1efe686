"""Each formula agrees with a slow one written another way, and behaves as its definition says."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from scafe.evals.scoring.stats import (
    auc,
    auc_variance,
    corrected_test,
    delong,
    newcombe_interval,
    placements,
    winsorised,
)

seeds = st.integers(0, 10**6)


def study(seed: int, ties: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 40))
    positive = np.arange(n) % 3 == 0
    scores = rng.normal(size=n) + 0.7 * positive
    return (scores.round(1) if ties else scores), positive


def slow_auc(scores: np.ndarray, positive: np.ndarray) -> float:
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[positive] for b in scores[~positive]]
    return float(np.mean(pairs))


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_auc_counts_pairs_and_half_of_the_ties(seed: int) -> None:
    scores, positive = study(seed)
    assert auc(scores, positive) == pytest.approx(slow_auc(scores, positive))
    assert auc(-scores, positive) == pytest.approx(1 - auc(scores, positive))


def test_auc_of_many_pairs_ranks_to_the_same_value() -> None:
    rng = np.random.default_rng(0)
    positive = np.arange(300) % 2 == 0
    scores = rng.normal(size=300).round(1) + positive
    assert auc(scores, positive) == pytest.approx(slow_auc(scores, positive))


def test_auc_without_a_class_is_not_a_number() -> None:
    assert math.isnan(auc(np.arange(3.0), np.ones(3, bool)))


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 1.0), st.integers(5, 200), st.integers(5, 200))
def test_the_score_interval_solves_its_equation_and_stays_in_range(value, n_pos, n_neg) -> None:
    found = newcombe_interval(value, n_pos, n_neg)
    assert 0 <= found.low <= value <= found.high <= 1

    def equation(theta: float) -> float:
        pairs = (n_pos + n_neg) / 2 - 1
        variance = theta * (1 - theta) * (1 + pairs * ((1 - theta) / (2 - theta) + theta / (1 + theta)))
        return (value - theta) ** 2 - 1.959963985**2 * variance / (n_pos * n_neg)

    if value < 0.999:
        assert found.low == pytest.approx(optimize.brentq(equation, 1e-9, value), abs=1e-6)
        assert found.high == pytest.approx(optimize.brentq(equation, value, 1 - 1e-12), abs=1e-6)


def test_the_score_interval_covers_the_truth_at_24_patients() -> None:
    rng = np.random.default_rng(1)
    shift = 1.1902  # AUC .8 for two normal classes
    positive = np.arange(24) % 2 == 0
    found = [
        newcombe_interval(auc(rng.normal(size=24) + shift * positive, positive), 12, 12) for _ in range(600)
    ]
    covered = np.mean([one.low <= 0.8 <= one.high for one in found])
    assert 0.92 <= covered <= 0.98


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_placements_are_shares_of_the_other_class(seed: int) -> None:
    scores, positive = study(seed)
    for value, score, is_positive in zip(placements(scores, positive), scores, positive, strict=True):
        other = scores[positive != is_positive]
        right = other < score if is_positive else other > score
        assert value == pytest.approx(np.mean(right) + 0.5 * np.mean(other == score))


def test_delong_variance_agrees_with_the_jackknife() -> None:
    # DeLong's variance is the two-sample jackknife of the AUC up to a factor (n - 1) / n.
    scores, positive = study(3, ties=False)
    parts = []
    for group in (np.flatnonzero(positive), np.flatnonzero(~positive)):
        left_out = np.array([auc(np.delete(scores, i), np.delete(positive, i)) for i in group])
        parts.append((len(group) - 1) ** 2 / len(group) * left_out.var(ddof=1))
    assert auc_variance(scores, positive) == pytest.approx(sum(parts), rel=0.15)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_delong_is_antisymmetric_and_nothing_differs_from_itself(seed: int) -> None:
    first, positive = study(seed, ties=False)
    second = np.random.default_rng(seed + 1).normal(size=len(first))
    there, back = delong(first, second, positive), delong(second, first, positive)
    assert there.value == pytest.approx(-back.value)
    assert there.p == pytest.approx(back.p)
    same = delong(first, first, positive)
    assert (same.value, same.se, same.p) == (0.0, 0.0, 1.0)


def test_delong_agrees_with_a_stratified_bootstrap() -> None:
    rng = np.random.default_rng(5)
    positive = np.arange(80) % 2 == 0
    first = rng.normal(size=80) + positive
    second = first + rng.normal(size=80)
    groups = np.flatnonzero(positive), np.flatnonzero(~positive)
    gaps = []
    for _ in range(800):
        rows = np.concatenate([rng.choice(group, len(group)) for group in groups])
        gaps.append(auc(first[rows], positive[rows]) - auc(second[rows], positive[rows]))
    assert delong(first, second, positive).se == pytest.approx(np.std(gaps), rel=0.12)


def test_the_corrected_test_widens_the_naive_one_by_the_training_overlap() -> None:
    differences = np.random.default_rng(0).normal(0.02, 0.05, 50)
    found = corrected_test(differences, 0.25)
    naive = differences.std(ddof=1) / math.sqrt(50)
    assert found.se / naive == pytest.approx(math.sqrt(1 + 50 * 0.25))


def test_identical_folds_are_no_evidence_and_a_constant_gain_is() -> None:
    assert corrected_test(np.zeros(50), 0.25).p == 1.0
    assert corrected_test(np.full(50, 0.03), 0.25).p == 0.0


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_a_single_extreme_patient_cannot_move_a_winsorised_aggregate(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=60)
    wild = values.copy()
    wild[0] = 1e9
    assert abs(winsorised(wild).mean() - winsorised(values).mean()) < 0.3
    assert np.isnan(winsorised(np.array([1.0, np.nan, 2.0]))[1])
