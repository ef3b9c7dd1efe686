"""Shading, speckle and depth gain go; edges, brightness and order stay."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from toolkit_scenes import SEEDS, disc, lesion

from scafe.knowledge import toolkit as tk


def shaded(image: np.ndarray, slope: float) -> np.ndarray:
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, side) for side in image.shape[:2]), indexing="ij")
    return np.clip(image * (1 - slope * (0.6 * columns + 0.4 * rows))[:, :, None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("slope", [0.15, 0.3])
def test_slow_shading_goes_and_the_lesion_stays(slope):
    image = lesion(128, 160) // 2 + 20
    skin = ~disc(128, 160, 64, 80, 44)
    spoilt = shaded(image, slope)
    mended = tk.shading_corrected(spoilt, skin)
    assert mended[skin].std(axis=0).mean() < 0.35 * spoilt[skin].std(axis=0).mean()
    inside = disc(128, 160, 64, 80, 20)
    ratio = mended[inside].mean() / mended[skin].mean()
    assert ratio == pytest.approx(image[inside].mean() / image[skin].mean(), rel=0.06)


def test_an_even_image_stays_as_it_is_and_so_does_one_without_region():
    image = lesion(128, 160)
    assert np.abs(tk.shading_corrected(image, ~disc(128, 160, 64, 80, 44)).astype(int) - image).max() <= 3
    nowhere = np.zeros((128, 160), bool)
    assert np.array_equal(tk.shading_corrected(image, nowhere), image)


def speckled(seed: int) -> tuple[np.ndarray, np.ndarray]:
    clean = np.where(disc(128, 128, 64, 64, 30), 0.2, 0.6).astype(np.float32)
    noise = np.random.default_rng(seed).gamma(16, 1 / 16, clean.shape).astype(np.float32)
    return clean, clean * noise


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_speckle_goes_and_the_edge_stays(seed):
    clean, spoilt = speckled(seed)
    mended = tk.despeckled(spoilt, 0.05)
    flat = disc(128, 128, 64, 64, 20)
    assert mended[flat].std() < 0.5 * spoilt[flat].std()
    blurred = cv2.blur(spoilt, (7, 7))
    edge = disc(128, 128, 64, 64, 32) & ~disc(128, 128, 64, 64, 28)
    assert np.abs(mended - clean)[edge].mean() < np.abs(blurred - clean)[edge].mean()
    assert np.allclose(tk.despeckled(2 * spoilt, 0.05), 2 * mended, atol=1e-3)
    assert np.allclose(tk.despeckled(spoilt[::-1], 0.05), mended[::-1], atol=1e-5)


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_gain_that_falls_with_depth_is_undone(seed):
    _, plain = speckled(seed)
    gain = np.exp(-np.linspace(0, 2, 128)).astype(np.float32)[:, None]
    even, faded = tk.depth_normalised(plain, 0.02), tk.depth_normalised(plain * gain, 0.02)
    assert np.abs(even - faded).mean() < 0.03
    assert np.allclose(tk.depth_normalised(3 * plain, 0.02), even, atol=1e-4)
    assert np.allclose(tk.depth_normalised(plain[:, ::-1], 0.02), even[:, ::-1], atol=1e-6)


def test_the_median_of_each_depth_is_one_and_outside_the_sector_is_nothing():
    plain = np.tile(np.linspace(0.2, 0.9, 101, dtype=np.float32), (60, 1))
    plain[:, :11] = 0
    found = tk.depth_normalised(plain)
    assert np.allclose(np.median(found[:, 11:], axis=1), 1, atol=0.02)
    assert not found[:, :11].any()
    assert not tk.depth_normalised(np.zeros((20, 20))).any()
