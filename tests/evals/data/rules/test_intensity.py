"""The window follows the lesion and the foreground; neither background nor outliers choose it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.data.rules.intensity import LEVELS, foreground, grey_levels, levels_inside, window_of

RNG = np.random.default_rng(0)
LESION = np.zeros((100, 100), bool)
LESION[45:55, 45:55] = True
ROWS = np.linspace(3, 12, 10)[:, None] + np.zeros((10, 10))


def left(values: np.ndarray, mask: np.ndarray = LESION, given_mask: bool = True) -> int:
    window = window_of(values, mask if given_mask else None, "mask@2")
    return levels_inside(grey_levels(values, window)[..., None], mask)


def hot() -> np.ndarray:
    values = RNG.gamma(2, 0.3, (100, 100))
    values[LESION] = ROWS.ravel()
    return values


def cut_out() -> np.ndarray:
    values = np.zeros((100, 100))
    values[LESION] = ROWS.ravel()
    return values


def air_and_bone() -> np.ndarray:
    values = np.full((100, 100), -1000.0) + RNG.normal(0, 10, (100, 100))
    values[20:80, 20:80] = RNG.normal(40, 8, (60, 60))
    values[22:30, 22:78] = 1500
    values[LESION] = np.linspace(20, 80, 100)
    return values


def one_dead_pixel() -> np.ndarray:
    values = RNG.normal(100, 10, (100, 100))
    values[0, 50] = 1e6
    return values


def hot_bladder() -> np.ndarray:
    values = hot()
    values[70:90, 40:60] = RNG.normal(400, 20, (20, 20))
    return values


def negative_phase() -> np.ndarray:
    values = RNG.normal(0, 0.01, (100, 100))
    values[LESION] = -np.linspace(0.5, 3, 100)
    return values


@pytest.mark.parametrize(
    ("values", "wanted"),
    [(hot(), 10), (cut_out(), 10), (air_and_bone(), LEVELS - 2), (hot_bladder(), 9), (negative_phase(), 50)],
    ids=["a hot lesion", "zero outside", "air and bone", "a hot bladder", "a dark lesion"],
)
def test_a_lesion_keeps_its_grey_levels(values: np.ndarray, wanted: int) -> None:
    assert left(values) >= wanted


def test_the_earlier_rule_left_one_grey_level_of_a_hot_lesion() -> None:
    volume = RNG.gamma(2, 0.3, (100, 100, 40))
    volume[45:55, 45:55, 18:22] = ROWS[..., None]
    shown = grey_levels(volume[..., 20], window_of(volume, None, "volume@1"))
    assert levels_inside(shown[..., None], LESION) == 1


def test_without_a_mask_a_bright_percent_of_the_slice_is_not_cut_off() -> None:
    assert left(hot(), given_mask=False) >= 9


def test_one_faulty_pixel_does_not_choose_the_window() -> None:
    _, high = window_of(one_dead_pixel(), None, "mask@2")
    assert high < 200
    assert left(one_dead_pixel()) > 50


@given(st.floats(0.01, 1000), st.floats(-1000, 1000))
def test_a_scanner_s_unit_does_not_change_the_picture(gain: float, offset: float) -> None:
    values = air_and_bone()
    both = (values, gain * values + offset)
    pictures = [grey_levels(one, window_of(one, LESION, "mask@2")).astype(int) for one in both]
    assert np.abs(pictures[0] - pictures[1]).max() <= 1


@pytest.mark.parametrize("padding", [0, 20, 200])
def test_empty_background_around_a_slice_does_not_change_the_lesion(padding: int) -> None:
    organ = RNG.normal(500, 60, (60, 60))
    plain = np.pad(organ, 1)
    mask = np.zeros(plain.shape, bool)
    mask[20:30, 20:30] = True
    wider, around = np.pad(plain, padding), np.pad(mask, padding)
    assert window_of(plain, mask, "mask@2") == window_of(wider, around, "mask@2")


def test_an_even_lesion_does_not_turn_noise_into_texture() -> None:
    values = np.linspace(0, 1000, 10_000).reshape(100, 100)
    values[LESION] = 500 + 1e-9 * RNG.normal(size=100)
    assert left(values) <= 2


def test_one_value_on_background_stays_visible() -> None:
    shown = grey_levels(1.0 * LESION, window_of(1.0 * LESION, LESION, "mask@2"))
    assert np.array_equal(shown, np.where(LESION, 255, 0))


def test_a_slice_of_one_value_is_all_foreground_and_black() -> None:
    flat = np.full((10, 10), 7.0)
    assert foreground(flat).all()
    assert (grey_levels(flat, window_of(flat, None, "mask@2")) == 0).all()
