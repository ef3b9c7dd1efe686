"""Marks are found where they were drawn, whichever way the frame lies, and not where there are none."""

import cv2
import numpy as np
import pytest
from toolkit_scenes import SKIN, disc, lesion, noise

from scafe.knowledge import toolkit as tk

FINDERS = [tk.hair_mask, tk.ruler_mask, tk.specular_mask, tk.dark_corners]


def hairy() -> tuple[np.ndarray, np.ndarray]:
    image, drawn = lesion(256, 320), np.zeros((256, 320), np.uint8)
    for start, end in (((10, 20), (300, 90)), ((40, 240), (200, 10)), ((5, 200), (310, 180))):
        cv2.line(drawn, start, end, 1, 2)
    image[drawn > 0] = (50, 35, 30)
    return image, drawn > 0


def ruled(step: int = 14) -> tuple[np.ndarray, np.ndarray]:
    image, drawn = lesion(256, 320), np.zeros((256, 320), np.uint8)
    for column in range(20, 300, step):
        cv2.line(drawn, (column, 236), (column, 248), 1, 2)
    image[drawn > 0] = (30, 30, 30)
    return image, drawn > 0


def shiny() -> tuple[np.ndarray, np.ndarray]:
    image, spots = lesion(256, 320), disc(256, 320, 60, 90, 4) | disc(256, 320, 130, 200, 4)
    image[spots] = (252, 250, 249)
    return image, spots


def vignetted() -> tuple[np.ndarray, np.ndarray]:
    image, corners = lesion(256, 320), ~disc(256, 320, 128, 160, 165)
    image[corners] = (8, 8, 10)
    return image, corners


SCENES = dict(zip(FINDERS, (hairy, ruled, shiny, vignetted), strict=True))


def overlap(found: np.ndarray, drawn: np.ndarray) -> tuple[float, float]:
    """Share of what was drawn that was found, and of what was found that lies within 3 pixels of it."""
    near = cv2.dilate(drawn.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return (found & drawn).sum() / drawn.sum(), (found & near).sum() / max(1, found.sum())


@pytest.mark.parametrize("finder", FINDERS)
def test_a_mark_is_found_where_it_was_drawn(finder):
    image, drawn = SCENES[finder]()
    seen, right = overlap(finder(image), drawn)
    assert seen > 0.9
    assert right > 0.9


@pytest.mark.parametrize("finder", FINDERS)
def test_a_turned_or_flipped_frame_gives_the_turned_or_flipped_mask(finder):
    image, _ = SCENES[finder]()
    found = finder(image)
    assert (finder(np.rot90(image).copy()) ^ np.rot90(found)).mean() < 0.01
    assert (finder(image[:, ::-1]) ^ found[:, ::-1]).mean() < 0.01


@pytest.mark.parametrize("finder", FINDERS)
def test_a_frame_of_twice_the_size_gives_the_same_mask(finder):
    image, _ = SCENES[finder]()
    twice = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    assert (finder(twice)[::2, ::2] ^ finder(image)).mean() < 0.02  # borders of thin lines


@pytest.mark.parametrize("finder", FINDERS)
def test_no_mark_is_found_on_plain_skin_with_a_lesion(finder):
    assert not finder(lesion(256, 320)).any()


@pytest.mark.parametrize("finder", [tk.hair_mask, tk.ruler_mask])
def test_a_little_more_light_changes_little(finder):
    image, _ = SCENES[finder]()
    brighter = cv2.convertScaleAbs(image, alpha=1.1)
    assert (finder(brighter) ^ finder(image)).mean() < 0.01


def test_a_mesh_of_short_lines_is_no_hair():
    image = np.full((256, 320, 3), SKIN, np.uint8)
    for row in range(10, 250, 10):
        for column in range(10 + 5 * (row // 10 % 2), 310, 10):
            cv2.circle(image, (column, row), 5, (140, 90, 70), 1)
    assert tk.hair_mask(image).mean() < 0.01


def test_uneven_or_crossed_ticks_are_no_ruler():
    image = lesion(256, 320)
    for place, column in enumerate((20, 30, 55, 60, 100, 108, 150, 190, 199, 250)):
        cv2.line(image, (column, 230), (column + 10 * (place % 2), 242), (30, 30, 30), 2)
    assert not tk.ruler_mask(image).any()


def test_a_dark_lesion_in_the_middle_is_no_corner():
    image = np.full((128, 128, 3), SKIN, np.uint8)
    image[disc(128, 128, 64, 64, 30)] = (10, 10, 10)
    assert not tk.dark_corners(image).any()


def test_fills_come_from_the_surroundings_and_leave_the_rest():
    image, drawn = hairy()
    plain = lesion(256, 320)
    filled = tk.without_hair(image)
    assert np.abs(filled[drawn].astype(int) - plain[drawn]).mean() < 12
    outside = ~tk.hair_mask(image)
    assert np.array_equal(filled[outside], image[outside])


def test_a_filled_hole_takes_the_colour_around_it_however_large_it_is():
    image = np.full((90, 120, 3), SKIN, np.uint8)
    hole = disc(90, 120, 45, 60, 30)
    spoilt = image.copy()
    spoilt[hole] = 0
    assert np.abs(tk.inpainted(spoilt, hole).astype(int) - image).max() <= 1
    everything, nothing = np.ones((90, 120), bool), np.zeros((90, 120), bool)
    assert np.array_equal(tk.inpainted(spoilt, everything), spoilt)
    assert np.array_equal(tk.inpainted(spoilt, nothing), spoilt)


def test_filling_gives_the_same_turned():
    image, drawn = noise(3, 60, 80, 4), disc(60, 80, 30, 30, 12)
    turned = tk.inpainted(np.rot90(image).copy(), np.rot90(drawn).copy())
    assert np.abs(np.rot90(tk.inpainted(image, drawn)).astype(int) - turned).max() <= 1
