"""Levels part two classes, regions grow to their edges, outlines find the object they overlap."""

import numpy as np
import pytest
from hypothesis import given, settings
from skimage.filters import threshold_otsu
from toolkit_scenes import SEEDS, blob, disc, plane

from scafe.knowledge import toolkit as tk


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def scene(seed: int, mask: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.06, mask.shape)
    return np.where(mask, 0.3, 0.6) + noise


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_the_level_agrees_with_scikit_image_and_moves_with_the_values(seed):
    values = scene(seed, blob(seed))
    level = tk.otsu(values)
    assert level == pytest.approx(threshold_otsu(values), abs=0.01)
    assert tk.otsu(values * 2 + 1) == pytest.approx(2 * level + 1, abs=0.01)
    assert tk.otsu(values[::-1]) == pytest.approx(level, abs=1e-6)
    assert np.isnan(tk.otsu(np.ones((9, 9))))
    assert np.isnan(tk.otsu(values, np.zeros_like(values, bool)))


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_a_region_grows_to_its_edge_and_no_further(seed):
    mask = blob(seed)
    values, seed_mask = np.where(mask, 0.3, 0.6), disc(96, 96, 48, 48, 3) & mask
    assert np.array_equal(tk.grown(values, seed_mask, 0.1), tk.largest(mask))
    assert tk.grown(values, seed_mask, 0.4).all()
    assert np.array_equal(tk.grown(values[::-1], seed_mask[::-1], 0.1), tk.largest(mask)[::-1])
    assert np.array_equal(tk.grown(values * 2 + 1, seed_mask, 0.2), tk.largest(mask))
    assert not tk.grown(values, np.zeros_like(mask), 0.1).any()


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_an_outline_finds_the_object_it_overlaps(seed):
    mask = blob(seed)
    values = scene(seed, mask)
    for start in (disc(96, 96, 48, 48, 12), disc(96, 96, 54, 42, 30)):
        assert dice(tk.snake(values, start, 60), mask) > 0.9


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_an_outline_moves_alike_on_turned_brighter_and_inverted_planes(seed):
    values, start = scene(seed, blob(seed)), disc(96, 96, 50, 44, 20)
    found = tk.snake(values, start)
    assert dice(tk.snake(np.rot90(values).copy(), np.rot90(start).copy()), np.rot90(found)) > 0.97
    assert dice(tk.snake(values * 2 + 3, start), found) > 0.99
    assert dice(tk.snake(1 - values, start), found) > 0.99


def test_no_steps_move_nothing_and_nothing_stays_nothing():
    start = disc(96, 96, 50, 44, 20)
    assert dice(tk.snake(plane(1, 96, 96), start, 0), start) > 0.99
    assert not tk.snake(plane(1, 96, 96), np.zeros((96, 96), bool)).any()


def film(contrast: float = 110, mirrored: bool = False) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.ogrid[:256, :256]
    lungs = ((rows - 120) / 80) ** 2 + ((columns - 75) / 38) ** 2 <= 1
    lungs = lungs | (((rows - 120) / 80) ** 2 + ((columns - 185) / 34) ** 2 <= 1)
    grey = np.where(lungs, 190 - contrast, 190.0)
    grey[:, :14] = grey[:, -14:] = 5  # air outside the body
    image = np.repeat(grey[:, :, None].astype(np.uint8), 3, axis=2)
    return (image[:, ::-1], lungs[:, ::-1]) if mirrored else (image, lungs)


@pytest.mark.parametrize("contrast", [50, 110])
@pytest.mark.parametrize("mirrored", [False, True])
def test_both_lungs_are_found_and_the_air_outside_is_not(contrast, mirrored):
    image, lungs = film(contrast, mirrored)
    assert dice(tk.lung_field(image), lungs) > 0.85
    assert not tk.lung_field(image)[:, :10].any()
    assert not tk.lung_field(np.full((64, 64, 3), 120, np.uint8)).any()
