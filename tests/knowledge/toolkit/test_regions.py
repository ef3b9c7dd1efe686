"""Regions answer the same turned, flipped and enlarged, and their lengths are fractions of their size."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from toolkit_scenes import SEEDS, blob, disc

from scafe.knowledge import toolkit as tk

MAPS = [tk.signed_distance, tk.skin_ring, tk.rim, tk.largest, tk.filled, tk.smoothed]


@pytest.mark.parametrize("function", MAPS)
@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_a_turned_or_flipped_region_gives_the_turned_or_flipped_answer(function, seed):
    mask, found = blob(seed), function(blob(seed))
    assert np.allclose(function(np.rot90(mask).copy()), np.rot90(found), atol=1e-5)
    assert np.allclose(function(mask[:, ::-1]), found[:, ::-1], atol=1e-5)


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_distances_are_fractions_of_the_size(seed):
    mask = blob(seed)
    twice = cv2.resize(mask.astype(np.uint8), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST) > 0
    assert np.abs(tk.signed_distance(twice)[::2, ::2] - tk.signed_distance(mask)).max() < 0.05
    assert tk.share(tk.rim(twice, 0.1), twice) == pytest.approx(tk.share(tk.rim(mask, 0.1), mask), abs=0.06)


def test_the_middle_of_a_disc_lies_a_radius_inside():
    depth = tk.signed_distance(disc(100, 100, 50, 50, 30))
    assert depth.max() == pytest.approx(1 / np.sqrt(np.pi), rel=0.05)
    assert (depth > 0).sum() == disc(100, 100, 50, 50, 30).sum()


def test_a_region_that_fills_the_frame_ends_at_its_edge():
    depth = tk.signed_distance(np.ones((40, 60), bool))
    assert depth.min() > 0
    assert depth[20, 30] == depth.max()
    assert not tk.skin_ring(np.ones((40, 60), bool)).any()


def test_rings_lie_outside_and_rims_inside():
    mask = disc(120, 120, 60, 60, 25)
    ring, rim = tk.skin_ring(mask, 0.1, 0.4), tk.rim(mask, 0.2)
    assert not (ring & mask).any()
    assert not (rim & ~mask).any()
    assert ring.any()
    assert not (tk.skin_ring(mask, 0.1, 0.2) & ~ring).any()


def test_an_empty_mask_has_no_distance_no_ring_and_no_share():
    empty = np.zeros((20, 20), bool)
    assert np.isneginf(tk.signed_distance(empty)).all()
    assert not tk.skin_ring(empty).any()
    assert not tk.rim(empty).any()
    assert not tk.largest(empty).any()
    assert np.isnan(tk.share(empty, empty))


def test_parts_come_by_size():
    mask = disc(80, 120, 40, 30, 20) | disc(80, 120, 40, 90, 10) | disc(80, 120, 5, 60, 3)
    labels, areas = tk.components(mask)
    assert len(areas) == 3
    assert (np.diff(areas) < 0).all()
    assert [labels[40, 30], labels[40, 90], labels[5, 60], labels[0, 0]] == [1, 2, 3, 0]
    assert areas[0] == pytest.approx((labels == 1).mean())
    assert len(tk.components(mask, 0.01)[1]) == 2
    assert tk.largest(mask, 2)[40, 90]
    assert not tk.largest(mask, 2)[5, 60]


def test_holes_are_filled_and_bays_are_not():
    mask = disc(80, 80, 40, 40, 25) & ~disc(80, 80, 40, 40, 8)
    mask[10:40, 38:42] = False
    assert not tk.filled(mask)[40, 40]  # a channel leads out
    mask = disc(80, 80, 40, 40, 25) & ~disc(80, 80, 40, 40, 8)
    assert np.array_equal(tk.filled(mask), disc(80, 80, 40, 40, 25))
    assert np.array_equal(tk.filled(tk.filled(mask)), tk.filled(mask))


def test_smoothing_takes_a_tooth_and_keeps_the_area():
    mask = disc(120, 120, 60, 60, 35)
    tooth = mask.copy()
    tooth[10:40, 59:62] = True
    assert (tk.smoothed(tooth, 0.06) ^ mask).sum() < 0.03 * mask.sum()


@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_a_share_and_the_share_of_the_rest_make_one(seed):
    mask, region = blob(seed), blob(seed + 1)
    assert tk.share(mask, region) + tk.share(~mask, region) == pytest.approx(1)
    assert tk.share(region & mask, region) == tk.share(mask, region)
