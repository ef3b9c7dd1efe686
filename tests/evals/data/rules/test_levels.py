"""Counts of levels give what arrays of doubles give, exactly, and the same for the same levels elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.data.rules import levels
from scafe.evals.data.rules.levels import Levels, occurring


@st.composite
def parts(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    height, width, channels = draw(st.tuples(*(st.integers(1, 9),) * 2, st.integers(1, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    most = draw(st.sampled_from([1, 2, 3, 256]))
    image = rng.integers(0, most, (height, width, channels), dtype=np.uint8)
    return image, rng.random((height, width)) < draw(st.sampled_from([0.1, 0.5, 1.0]))


@given(parts())
def test_mean_spread_and_median_are_those_of_the_part(part: tuple[np.ndarray, np.ndarray]) -> None:
    image, inside = part
    found = Levels.of(image, inside)
    assert found.pixels == inside.sum()
    if not inside.any():
        assert np.isnan([found.means(), found.spreads(), found.medians()]).all()
        return
    values = image[inside].astype(np.float64)
    assert found.means() == pytest.approx(values.mean(axis=0), rel=1e-12)
    assert found.spreads() == pytest.approx(values.std(axis=0), rel=1e-9, abs=1e-9)
    assert np.array_equal(found.medians(), np.median(values, axis=0))


@given(parts(), st.integers(0, 2**32 - 1))
def test_the_same_levels_in_other_places_have_the_same_bits(
    part: tuple[np.ndarray, np.ndarray], seed: int
) -> None:
    image, inside = part
    order = np.random.default_rng(seed).permutation(inside.size)
    moved = image.reshape(inside.size, -1)[order].reshape(1, inside.size, -1)
    one, other = Levels.of(image, inside), Levels.of(moved, inside.ravel()[order].reshape(1, -1))
    for read in (Levels.means, Levels.spreads, Levels.medians):
        assert np.array_equal(read(one), read(other), equal_nan=True)


def test_a_part_of_one_level_has_no_spread_at_all() -> None:
    image = np.full((700, 900, 3), (3, 77, 254), np.uint8)
    found = Levels.of(image, np.ones((700, 900), np.bool_))
    assert found.spreads().tolist() == [0.0, 0.0, 0.0]
    assert found.means().tolist() == found.medians().tolist() == [3.0, 77.0, 254.0]


def test_an_image_is_counted_in_strips_that_opencv_counts_without_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    image, inside = rng.integers(0, 256, (31, 20, 2), dtype=np.uint8), rng.random((31, 20)) < 0.5
    whole = Levels.of(image, inside).counts
    monkeypatch.setattr(levels, "EXACT_PX", 60)
    assert np.array_equal(Levels.of(image, inside).counts, whole)


def test_an_image_that_nobody_may_write_to_is_counted_too() -> None:
    image, inside = np.zeros((4, 5, 3), np.uint8), np.ones((4, 5), np.bool_)
    for array in (image, inside):
        array.setflags(write=False)
    assert Levels.of(image, inside).pixels == 20


@given(parts(), st.integers(0, 255))
def test_levels_that_occur_are_all_there_are(part: tuple[np.ndarray, np.ndarray], times: int) -> None:
    image, _ = part
    values = image[..., 0] * np.uint8(times)
    assert occurring(values).tolist() == sorted(set(values.ravel().tolist()))
