"""Robust numbers move with the values and not with outliers; separation follows the order alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toolkit_scenes import SEEDS, blob, plane

from scafe.knowledge import toolkit as tk

NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=60).map(lambda values: np.array(values))


@given(NUMBERS, st.floats(0.1, 10), st.floats(-100, 100))
@settings(max_examples=50, deadline=None)
def test_scaled_and_shifted_values_scale_and_shift_the_answer(values, scale, shift):
    before, after = tk.robust(values), tk.robust(values * scale + shift)
    for name in ("median", "trimmed", "low", "high"):
        assert after[name] == pytest.approx(before[name] * scale + shift, abs=1e-6)
    assert after["mad"] == pytest.approx(before["mad"] * scale, abs=1e-6)


@given(NUMBERS, st.randoms())
@settings(max_examples=20, deadline=None)
def test_order_and_shape_do_not_count(values, random):
    mixed = list(values)
    random.shuffle(mixed)
    assert tk.robust(np.array(mixed)) == pytest.approx(tk.robust(values))


def test_outliers_and_missing_numbers_do_not_count():
    values = np.random.default_rng(1).normal(5, 2, 5000)
    spoilt = np.concatenate([values, [1e9, np.nan, np.inf]])
    found = tk.robust(spoilt)
    assert found["median"] == pytest.approx(5, abs=0.1)
    assert found["mad"] == pytest.approx(2, abs=0.1)
    assert found["trimmed"] == pytest.approx(5, abs=0.1)
    assert all(np.isnan(one) for one in tk.robust(np.array([np.nan])).values())
    assert all(np.isnan(one) for one in tk.robust(np.array([])).values())


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_separation_follows_the_order_alone_and_turns_its_sign(seed):
    values, one = plane(seed, 96, 96), blob(seed)
    found = tk.separation(values, one, ~one)
    assert -1 <= found <= 1
    assert tk.separation(values * 3 + 1, one, ~one) == pytest.approx(found, abs=0.01)
    assert tk.separation(values, ~one, one) == pytest.approx(-found, abs=1e-6)
    assert tk.separation(values + one, one, ~one) > found


def test_separation_of_apart_equal_and_empty_groups():
    values = np.zeros((10, 10))
    values[:5] = 1
    top = np.zeros((10, 10), bool)
    top[:5] = True
    assert tk.separation(values, top, ~top) == pytest.approx(1)
    assert tk.separation(values * 0, top, ~top) == 0
    assert np.isnan(tk.separation(values, top, np.zeros((10, 10), bool)))
