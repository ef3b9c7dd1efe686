"""Colour agrees with scikit-image where both know the answer, and follows light, dye and pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from skimage import color
from toolkit_scenes import SEEDS, lesion, noise

from scafe.knowledge import toolkit as tk

OF_PIXELS = [tk.linear_light, tk.lab, tk.lch, tk.grey, tk.optical_density, tk.density]


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_lab_agrees_with_scikit_image(seed):
    image = noise(seed, blur=0.5)
    assert np.abs(tk.lab(image) - color.rgb2lab(image)).max() < 0.6  # OpenCV reads tables
    assert np.abs(tk.lab(image) - color.rgb2lab(image)).mean() < 0.15


@pytest.mark.parametrize("function", OF_PIXELS)
@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_a_pixels_colour_depends_on_no_other_pixel(function, seed):
    image = noise(seed)
    order = np.random.default_rng(seed).permutation(image.shape[0] * image.shape[1])
    shuffled = image.reshape(-1, 3)[order].reshape(image.shape)
    whole = function(image)
    moved = whole.reshape(len(order), -1)[order].reshape(whole.shape)
    assert np.allclose(function(shuffled), moved, atol=1e-3)


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_brighter_light_raises_lightness_and_lowers_density(seed):
    image = noise(seed) // 2
    brighter = image + 40
    assert (tk.lab(brighter)[:, :, 0] > tk.lab(image)[:, :, 0]).all()
    assert (tk.grey(brighter) > tk.grey(image)).all()
    assert (tk.linear_light(brighter) > tk.linear_light(image)).all()
    assert (tk.optical_density(brighter) < tk.optical_density(image)).all()


def test_linear_light_undoes_the_displays_curve():
    codes = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    light = tk.linear_light(codes)
    assert light.min() == 0
    assert light.max() == 1
    assert light[0, 188, 0] == pytest.approx(0.5029, abs=1e-3)  # IEC 61966-2-1
    assert tk.optical_density(codes)[0, 255, 0] == 0


def test_hue_knows_red_yellow_and_blue():
    image = np.array([[[200, 60, 60], [200, 190, 60], [60, 80, 200], [128, 128, 128]]], np.uint8)
    hue, chroma = tk.lch(image)[0, :, 2], tk.lch(image)[0, :, 1]
    assert np.allclose(hue[:3], [0.4, 1.75, -1.15], atol=0.3)
    exact = np.arctan2(tk.lab(image)[0, :3, 2], tk.lab(image)[0, :3, 1])
    assert np.abs(hue[:3] - exact).max() < 0.006
    assert chroma[3] < 0.5
    assert chroma[:3].min() > 30


def dyed(blue, pink, glass=0.0):
    vectors = np.array([(0.65, 0.704, 0.286), (0.072, 0.99, 0.105)])
    light = 10 ** -(np.stack([blue, pink], axis=2) @ vectors + glass)
    return np.rint(
        255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    ).astype(np.uint8)


@pytest.mark.parametrize("glass", [0.0, 0.1])
def test_stains_are_found_in_the_amounts_that_dyed_the_slide(glass):
    blue, pink = (
        np.clip(np.linspace(-0.1, 0.4, 60), 0, None)[axis]
        for axis in ((slice(None), None), (None, slice(None)))
    )
    blue, pink = np.broadcast_arrays(blue, pink)
    found = tk.stains(dyed(blue, pink, glass))
    assert np.abs(found[:, :, 0] - blue).mean() < 0.05
    assert np.abs(found[:, :, 1] - pink).mean() < 0.05


def test_more_haematoxylin_raises_haematoxylin_alone():
    flat = np.full((40, 40), 0.3)
    spots = flat.copy()
    spots[10:20, 10:20] = 0.6
    change = tk.stains(dyed(spots, flat)) - tk.stains(dyed(flat, flat))
    assert change[10:20, 10:20, 0].mean() == pytest.approx(0.3, abs=0.03)
    assert abs(change[10:20, 10:20, 1].mean()) < 0.03


def test_main_colours_of_flat_patches_are_the_patches():
    image = np.zeros((40, 40, 3), np.uint8)
    image[:10], image[10:] = (90, 40, 30), (220, 180, 160)
    found = tk.colour_clusters(image, None, 2)
    assert np.allclose(found["shares"], [0.25, 0.75])
    assert np.allclose(found["centres"], tk.lab(image)[[0, 39], 0], atol=0.01)


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_main_colours_do_not_depend_on_the_frames_direction(seed):
    image = lesion() // 2 + noise(seed, 96, 128) // 8
    one, other = (tk.colour_clusters(image[::step]) for step in (1, -1))
    assert np.allclose(one["centres"], other["centres"], atol=2.5)
    assert one["shares"].sum() == pytest.approx(1)


def test_fewer_pixels_than_colours_give_nan():
    found = tk.colour_clusters(lesion(), np.zeros((96, 128), bool))
    assert np.isnan(found["centres"]).all()
    assert found["shares"].sum() == 0


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_a_mixed_density_is_the_channels_weighted_sum(seed):
    image = noise(seed)
    dense = tk.optical_density(image, 0.01)
    assert np.allclose(tk.density(image), dense[:, :, :2].mean(axis=2), atol=1e-5)
    assert np.allclose(tk.density(image, (-1.6, 1, 0)), dense[:, :, 1] - 1.6 * dense[:, :, 0], atol=1e-5)


def test_a_mixture_of_other_than_three_channels_is_refused():
    with pytest.raises(ValueError, match="weights: expected three numbers, met 2"):
        tk.density(noise(1), (0.5, 0.5))
