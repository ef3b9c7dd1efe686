"""The benchmark of outlines: its measure of agreement."""

import numpy as np

from benchmarks.locators import dice


def test_dice_is_one_for_the_same_outline_half_for_a_third_in_common_and_zero_for_nothing():
    row = np.arange(12)
    one, other = (row < 6)[None], ((row >= 3) & (row < 9))[None]
    assert dice(one, one) == 1
    assert dice(one, other) == 0.5
    assert dice(one, np.zeros_like(one)) == 0
