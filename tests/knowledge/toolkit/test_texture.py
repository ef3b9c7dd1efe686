"""Lines answer to lines and spots to spots, in their contrast, whichever way they lie."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern
from toolkit_scenes import SEEDS, disc, plane

from scafe.knowledge import toolkit as tk

RESPONSES = [tk.ridges, tk.blobs, tk.local_spread]
SIDE = 128


def line(sigma: float, contrast: float, turn: float = 0.0) -> np.ndarray:
    rows, columns = np.indices((SIDE, SIDE)) - SIDE / 2
    away = rows * np.cos(turn) - columns * np.sin(turn)
    return (0.7 - contrast * np.exp(-(away**2) / (2 * sigma**2))).astype(np.float32)


def spot(sigma: float, contrast: float) -> np.ndarray:
    rows, columns = np.indices((SIDE, SIDE)) - SIDE / 2
    return (0.7 - contrast * np.exp(-(rows**2 + columns**2) / (2 * sigma**2))).astype(np.float32)


@pytest.mark.parametrize("function", RESPONSES)
@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_turned_flipped_brighter_and_stronger_planes(function, seed):
    values = plane(seed, 64, 64)
    found = function(values, 0.03)
    assert np.allclose(function(np.rot90(values).copy(), 0.03), np.rot90(found), atol=1e-4)
    assert np.allclose(function(values[:, ::-1], 0.03), found[:, ::-1], atol=1e-4)
    assert np.allclose(function(values + 0.5, 0.03), found, atol=1e-4)
    assert np.allclose(function(values * 3, 0.03), 3 * found, atol=1e-3)


@pytest.mark.parametrize("sigma", [1.5, 4.0, 8.0])
def test_a_line_answers_with_its_contrast_where_its_width_fits(sigma):
    for turn in (0, 0.4, 1.1):
        found = tk.ridges(line(sigma, 0.4, turn), sigma / SIDE)
        assert found[SIDE // 2, SIDE // 2] == pytest.approx(0.4, rel=0.2)
        assert tk.blobs(line(sigma, 0.4, turn), sigma / SIDE)[32:96, 32:96].max() < 0.05
    assert tk.ridges(line(sigma, 0.4), sigma / SIDE, dark=False)[SIDE // 2, SIDE // 2] < 0.02


@pytest.mark.parametrize("sigma", [1.5, 4.0, 8.0])
def test_a_spot_answers_with_its_contrast_where_its_size_fits(sigma):
    found = tk.blobs(spot(sigma, 0.4), (sigma / SIDE, 3 * sigma / SIDE))
    assert found[SIDE // 2, SIDE // 2] == pytest.approx(0.4, rel=0.2)
    assert tk.ridges(spot(sigma, 0.4), sigma / SIDE)[SIDE // 2, SIDE // 2] < 0.1
    assert tk.blobs(1 - spot(sigma, 0.4), sigma / SIDE, dark=False)[64, 64] == pytest.approx(0.4, rel=0.2)


def test_several_widths_give_the_best_of_each():
    values = line(4, 0.4)
    both = tk.ridges(values, (0.01, 4 / SIDE))
    assert np.allclose(both, np.maximum(tk.ridges(values, 0.01), tk.ridges(values, 4 / SIDE)))


@pytest.mark.parametrize("turn", [0.0, 0.6, 1.3, -0.9])
def test_stripes_have_their_direction_and_noise_has_none(turn):
    rows, columns = np.indices((SIDE, SIDE))
    stripes = np.sin((rows * np.cos(turn) + columns * np.sin(turn)) * 0.6)  # drawn counter-clockwise
    angle, coherence = tk.orientation(stripes, 0.05)
    inner = (slice(32, 96), slice(32, 96))
    assert coherence[inner].min() > 0.9
    assert np.abs(np.sin(angle[inner] - turn)).max() < 0.05
    noise = np.random.default_rng(1).normal(size=(SIDE, SIDE))
    assert tk.orientation(noise, 0.2)[1].mean() < 0.2
    assert np.allclose(tk.orientation(2 * stripes + 5, 0.05)[1], coherence, atol=1e-3)


def test_local_spread_is_the_spread():
    noise = np.random.default_rng(1).normal(3, 0.5, (100, 100))
    assert tk.local_spread(noise, 0.3)[20:80, 20:80].mean() == pytest.approx(0.5, rel=0.03)
    assert tk.local_spread(np.full((40, 40), 7.0)).max() == 0


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_co_occurrence_ignores_turn_flip_brightness_and_contrast(seed):
    values = plane(seed, 64, 64, 1.5)
    found = tk.glcm(values)
    for other in (np.rot90(values).copy(), values[::-1], values * 2 + 1):
        assert tk.glcm(other) == pytest.approx(found, abs=0.01)


def test_co_occurrence_agrees_with_scikit_image():
    codes = np.random.default_rng(3).integers(0, 16, (60, 60))
    codes = cv2.medianBlur(codes.astype(np.uint8), 5)
    found = tk.glcm((codes + 0.5) / 16.0, None, 0.001, 16)
    low, high = np.percentile(codes, (1, 99))
    turns = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
    theirs = graycomatrix(codes, [1], turns, levels=16, symmetric=True).sum(axis=3, keepdims=True)
    assert (low, high) != (0, 15) or found["contrast"] == pytest.approx(
        graycoprops(theirs.astype(float) / theirs.sum(), "contrast")[0, 0] / 225, rel=0.05
    )
    assert found["correlation"] == pytest.approx(
        graycoprops(theirs / theirs.sum(), "correlation")[0, 0], abs=0.02
    )


def test_finer_grain_has_more_contrast_and_less_order():
    fine, coarse = (plane(1, 128, 128, blur) for blur in (0.7, 4))
    assert tk.glcm(fine)["contrast"] > 2 * tk.glcm(coarse)["contrast"]
    assert tk.glcm(fine)["entropy"] > tk.glcm(coarse)["entropy"]
    assert tk.glcm(fine)["homogeneity"] < tk.glcm(coarse)["homogeneity"]
    assert all(np.isnan(one) for one in tk.glcm(np.ones((20, 20))).values())
    assert all(np.isnan(one) for one in tk.glcm(fine, np.zeros((128, 128), bool)).values())


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_patterns_ignore_turn_flip_brightness_and_contrast(seed):
    values = plane(seed, 64, 64, 1)
    found = tk.lbp(values)
    assert found.sum() == pytest.approx(1)
    for other in (np.rot90(values).copy(), values[::-1], values * 4 + 2):
        assert np.allclose(tk.lbp(other), found, atol=0.01)


def test_patterns_agree_with_scikit_image():
    values = (plane(5, 100, 100, 1) * 255).astype(np.uint8)
    theirs = local_binary_pattern(values, 8, 1, "uniform")[1:-1, 1:-1]
    shares = np.bincount(theirs.astype(int).ravel(), minlength=10) / theirs.size
    assert np.abs(tk.lbp(values, None, 0.01) - shares).max() < 0.06  # they read diagonals between pixels


def test_patterns_of_a_region_count_its_pixels_alone():
    values = plane(5, 64, 64, 1)
    values[:, 32:] = 0
    half = np.zeros((64, 64), bool)
    half[:, 34:62] = True
    assert tk.lbp(values, half)[8] == pytest.approx(1)  # flat: no neighbour is darker
    assert np.isnan(tk.lbp(values, np.zeros((64, 64), bool))).all()
    assert np.isnan(tk.lbp(np.zeros((2, 2)))).all()
    assert tk.lbp(values, disc(64, 64, 32, 12, 8))[8] < 0.5
