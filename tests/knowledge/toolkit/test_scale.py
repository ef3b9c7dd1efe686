"""What is shrunk shows the same picture, turned and flipped alike, and is kept as part of its image."""

import numpy as np
import pytest
from hypothesis import given, settings
from toolkit_scenes import SEEDS, blob, lesion, noise, plane

from scafe.knowledge import toolkit as tk
from scafe.knowledge.toolkit import memo

KINDS = [lambda seed: noise(seed, 96, 96, 3.0), lambda seed: plane(seed, 96, 96, 4.0), blob]


@pytest.mark.parametrize("draw", KINDS, ids=["image", "plane", "mask"])
@pytest.mark.parametrize("side", [24, 40, 64])
@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_a_turned_or_flipped_picture_shrinks_to_the_turned_or_flipped_one(draw, side, seed):
    whole = draw(seed)
    small = tk.reduced(whole, side).astype(np.float32)
    assert small.shape[:2] == (side, side)
    for turn in (np.rot90, np.flipud, np.fliplr):
        other = tk.reduced(turn(whole).copy(), side).astype(np.float32)
        assert np.mean(np.abs(other - turn(small)) > 1.01) == 0


@pytest.mark.parametrize("side", [24, 40, 64])
@given(SEEDS)
@settings(max_examples=5, deadline=None)
def test_means_and_shares_stay(side, seed):
    image, mask = noise(seed, 96, 96, 3.0), blob(seed)
    assert tk.reduced(image, side).mean() == pytest.approx(image.mean(), abs=1.5)
    assert tk.share(tk.reduced(mask, side)) == pytest.approx(tk.share(mask), abs=0.02)


def test_what_is_small_enough_is_handed_on_and_cannot_be_written_to():
    image = lesion()
    same = tk.reduced(image, 96)
    assert np.array_equal(same, image)
    assert not same.flags.writeable
    assert image.flags.writeable  # the caller's own array is left as it was


def test_what_is_asked_of_a_shrunk_image_is_kept_with_the_image():
    image = lesion()
    image.setflags(write=False)
    with memo.remembering(image):
        assert tk.reduced(image, 48) is tk.reduced(image, 48)
        assert tk.lab(tk.reduced(image, 48)) is tk.lab(tk.reduced(image, 48))


@pytest.mark.parametrize("side", [15, 5000, 64.0])
def test_a_side_outside_its_range_is_refused(side):
    with pytest.raises((TypeError, ValueError), match="side: expected"):
        tk.reduced(lesion(), side)
