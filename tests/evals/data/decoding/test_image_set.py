"""Several sets of images are one, in order, and say of each image what its own set says."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.data.decoding.image_set import ImageSet, joined
from scafe.sandbox.pool.extraction import ImageAndMask


class Located:
    """Images that lie somewhere."""

    def __init__(self, images: Sequence[ImageAndMask]) -> None:
        self.images = images

    def __getitem__(self, place: int) -> ImageAndMask:
        return self.images[place]

    def where(self, place: int) -> Any:
        return f"here {place}"


def some(count: int, shade: int) -> list[ImageAndMask]:
    shape = (4, 4)
    return [
        ImageAndMask(np.full((*shape, 3), shade + n, np.uint8), np.ones(shape, bool)) for n in range(count)
    ]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_images_of_several_sets_follow_one_another(counts: list[int]) -> None:
    sets = [
        ImageSet([f"{at}-{n}" for n in range(count)], some(count, 10 * at)) for at, count in enumerate(counts)
    ]
    whole = joined(sets)
    assert list(whole.keys) == [key for one in sets for key in one.keys]
    shades = [int(whole.images[place].image[0, 0, 0]) for place in range(len(whole.keys))]
    assert shades == [10 * at + n for at, count in enumerate(counts) for n in range(count)]


def test_only_images_that_lie_somewhere_are_measured_elsewhere() -> None:
    whole = joined([ImageSet(["a"], some(1, 0)), ImageSet(["b", "c"], Located(some(2, 9)))])
    assert [whole.images.where(place) for place in range(3)] == [None, "here 0", "here 1"]
