"""ICC and rank correlation say what they claim."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scafe.sandbox.probes.agreement import icc_a1, spearman

seeds = st.integers(0, 2**16)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_icc_is_one_for_a_perfect_copy_and_falls_with_a_constant_offset(seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=30)
    assert icc_a1(values, values) == pytest.approx(1)
    assert icc_a1(values, values + 3 * values.std()) < 0.5


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_icc_of_two_unrelated_measurements_is_near_zero(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert abs(icc_a1(rng.normal(size=400), rng.normal(size=400))) < 0.25


def test_icc_agrees_with_the_worked_example_of_shrout_and_fleiss() -> None:
    # the six targets and first two judges of Shrout & Fleiss (1979), Psychological Bulletin 86:420, Table 2;
    # the mean squares are written out here as in their Table 3
    first, second = np.array([9, 6, 8, 7, 10, 6.0]), np.array([2, 1, 4, 1, 5, 2.0])
    rows = (first + second) / 2
    grand = rows.mean()
    msr = 2 * ((rows - grand) ** 2).sum() / 5
    msc = 6 * ((first.mean() - grand) ** 2 + (second.mean() - grand) ** 2)
    mse = (((first - rows) ** 2 + (second - rows) ** 2).sum() - msc) / 5
    assert icc_a1(first, second) == pytest.approx((msr - mse) / (msr + mse + 2 * (msc - mse) / 6))


def test_icc_is_undefined_without_variance_or_pairs() -> None:
    assert np.isnan(icc_a1(np.ones(5), np.ones(5)))
    assert np.isnan(icc_a1(np.array([1.0, np.nan, 2.0]), np.array([1.0, 2.0, np.nan])))


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_spearman_ignores_any_increasing_change_of_scale(seed: int) -> None:
    rng = np.random.default_rng(seed)
    levels, values = rng.normal(size=20), rng.normal(size=20)
    assert spearman(levels, values) == pytest.approx(spearman(levels, np.exp(values)))
    assert spearman(levels, -values) == pytest.approx(-spearman(levels, values))


def test_spearman_of_a_constant_is_zero_and_not_nan() -> None:
    assert spearman(np.arange(5.0), np.ones(5)) == 0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=30))
def test_spearman_is_scipys_to_the_last_bit(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs, dtype=np.float64).T / 10
    if np.ptp(first) and np.ptp(second):
        assert spearman(first, second) == float(np.clip(stats.spearmanr(first, second).statistic, -1, 1))
