"""Shapes: a disc is compact and symmetric, a turned region is as compact and as symmetric as before."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from toolkit_scenes import SEEDS, blob, disc, ellipse, plane

from scafe.knowledge import toolkit as tk


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_a_contour_is_described_alike_turned_flipped_and_enlarged(seed):
    mask = blob(seed)
    twice = cv2.resize(mask.astype(np.uint8), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST) > 0
    first = tk.contour(mask)
    for other in (np.rot90(mask).copy(), mask[::-1], twice):
        found = tk.contour(other)
        assert {name: pytest.approx(value, abs=0.05) for name, value in first.items()} == found


def test_a_disc_is_round_and_a_star_is_not():
    round_ = tk.contour(disc(120, 120, 60, 60, 40))
    assert round_["compactness"] > 0.97
    assert round_["solidity"] > 0.99
    assert round_["elongation"] == pytest.approx(1, abs=0.02)
    assert round_["roughness"] < 0.02
    assert round_["cut"] == 0
    star = disc(120, 120, 60, 60, 20)
    star[57:63], star[:, 57:63] = True, True
    assert tk.contour(star)["compactness"] < 0.5
    assert tk.contour(star)["solidity"] < 0.7
    assert tk.contour(star)["cut"] > 0


def test_an_ellipse_is_as_long_as_it_is():
    assert tk.contour(ellipse(200, 200, 80, 40))["elongation"] == pytest.approx(2, abs=0.02)
    assert tk.fourier(ellipse(200, 200, 80, 40)).argmax() == 1  # three a turn
    assert tk.fourier(ellipse(200, 200, 60, 60)).max() < 0.02


def test_waves_of_an_outline_are_found_where_they_were_drawn():
    turn = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    reach = 60 * (1 + 0.15 * np.cos(5 * turn))
    mask = np.zeros((200, 200), np.uint8)
    path = np.stack([100 + reach * np.cos(turn), 100 + reach * np.sin(turn)], 1)
    cv2.fillPoly(mask, [np.rint(path).astype(np.int32)], 1)
    waves = tk.fourier(mask > 0, 8)
    assert set(np.argsort(-waves)[:2] + 2) <= {4, 5, 6}  # a ripple of 5 a turn moves 4 and 6 of x + iy
    assert waves.max() > 0.05
    assert tk.radial_profile(mask > 0).max() / tk.radial_profile(mask > 0).min() == pytest.approx(
        1.35, abs=0.06
    )


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_a_quarter_turn_shifts_the_polar_map_and_a_flip_reverses_it(seed):
    mask, values = blob(seed), plane(seed, 96, 96)
    before = tk.polar_map(values, mask, 12, 72, 1.0)
    turned = tk.polar_map(np.rot90(values).copy(), np.rot90(mask).copy(), 12, 72, 1.0)
    assert np.nanmean(np.abs(turned - np.roll(before, 18, axis=1))) < 0.02
    flipped = tk.polar_map(values[::-1], mask[::-1], 12, 72, 1.0)
    assert np.nanmean(np.abs(flipped - np.roll(before[:, ::-1], 1, axis=1))) < 0.02


def test_the_border_lies_at_the_same_ring_in_every_direction():
    mask = ellipse(160, 160, 60, 30)
    rays = tk.polar_map(mask.astype(np.float32), mask, 30, 72, 1.5)
    assert (rays[:18] > 0.9).all()
    assert np.nanmax(rays[22:]) < 0.1


def test_outside_the_frame_and_of_nothing_is_nan():
    mask = disc(60, 60, 5, 30, 20)
    assert np.isnan(tk.polar_map(np.zeros((60, 60)), mask)).any()
    empty = np.zeros((60, 60), bool)
    assert np.isnan(tk.polar_map(np.zeros((60, 60)), empty)).all()
    assert np.isnan(tk.radial_profile(empty)).all()
    assert np.isnan(tk.outline(empty)).all()
    assert np.isnan(tk.fourier(empty)).all()
    assert all(np.isnan(one) for one in tk.contour(empty).values())
    assert all(np.isnan(one) for one in tk.symmetry(np.zeros((60, 60)), empty).values())
    assert np.isnan(tk.border_contrast(np.zeros((60, 60)), empty)).all()


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_asymmetry_does_not_depend_on_direction(seed):
    mask, values = blob(seed), plane(seed, 96, 96, 4)
    first = tk.symmetry(values, mask)
    for turn in (lambda one: np.rot90(one).copy(), lambda one: one[:, ::-1]):
        found = tk.symmetry(turn(values), turn(mask))
        assert found["shape"] == pytest.approx(first["shape"], abs=0.05)
        assert found["content"] == pytest.approx(first["content"], abs=0.02)


def test_asymmetry_of_content_grows_with_contrast_and_ignores_brightness():
    mask = disc(100, 100, 50, 50, 30)
    half = np.where(np.indices((100, 100))[1] < 50, 0.2, 0.5).astype(np.float32)
    one = tk.symmetry(half, mask)
    assert one["shape"] < 0.03
    assert one["content"] < 0.03  # mirrored about the row, halves fall on themselves
    assert one["content_across"] == pytest.approx(0.3, abs=0.05)
    assert tk.symmetry(half + 0.3, mask)["content_across"] == pytest.approx(one["content_across"], abs=1e-4)
    assert tk.symmetry(2 * half, mask)["content_across"] == pytest.approx(2 * one["content_across"], rel=1e-3)
    lobed = mask | disc(100, 100, 30, 72, 14)
    assert tk.symmetry(half, lobed)["shape_across"] > one["shape_across"] + 0.02


def test_a_dark_region_steps_up_across_its_border_by_its_contrast():
    mask = disc(100, 100, 50, 50, 25)
    values = np.where(mask, 0.2, 0.7).astype(np.float32)
    assert np.allclose(tk.border_contrast(values, mask), 0.5, atol=0.05)
    assert np.allclose(tk.border_contrast(1 - values, mask), -0.5, atol=0.05)


def test_an_outline_is_even_and_encloses_the_area():
    path = tk.outline(disc(120, 120, 60, 60, 40), 128)
    steps = np.hypot(*(np.roll(path, -1, 0) - path).T)
    assert steps.std() / steps.mean() < 0.15
    assert cv2.contourArea(path) == pytest.approx(1, abs=0.06)
