"""What is kept while one image is looked at is right, read-only, bounded, and gone afterwards."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from toolkit_scenes import SEEDS, lesion, noise

from scafe.knowledge import toolkit as tk
from scafe.knowledge.toolkit import memo


def sealed(image: np.ndarray) -> np.ndarray:
    image = image.copy()
    image.setflags(write=False)
    return image


def test_the_same_question_is_answered_once():
    image = sealed(lesion())
    with memo.remembering(image) as memory:
        assert tk.lab(image) is tk.lab(image)
        assert tk.lab(image[:, :, :3]) is tk.lab(image)  # another view of the same bytes
        assert tk.ridges(tk.grey(image), 0.01) is tk.ridges(tk.grey(image), 0.01)
        assert tk.ridges(tk.grey(image), 0.01) is not tk.ridges(tk.grey(image), 0.02)
        assert len(memory.results) >= 4


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_kept_answers_are_those_without_keeping(seed):
    image = sealed(noise(seed))
    with memo.remembering(image):
        for _ in range(2):
            kept = (
                tk.lab(image),
                tk.lab(image[::2]),
                tk.lab(image[:, ::-1]),
                tk.stains(image)[:, :, 0].copy(),
            )
    plain = (tk.lab(image), tk.lab(image[::2]), tk.lab(image[:, ::-1]), tk.stains(image)[:, :, 0])
    assert all(np.array_equal(one, other) for one, other in zip(kept, plain, strict=True))


def test_what_can_change_is_computed_each_time():
    image = lesion()
    with memo.remembering(sealed(image)) as memory:
        first = tk.lab(image)
        image[:] = 255 - image
        assert not np.array_equal(tk.lab(image), first)
        assert not memory.results
        work = tk.grey(image).copy()
        before = tk.local_spread(work)
        work *= 2
        assert not np.array_equal(tk.local_spread(work), before)


def test_freed_memory_is_not_taken_for_an_image():
    image = sealed(lesion())
    with memo.remembering(image):
        for level in range(0, 200, 10):
            fresh = sealed(np.full((64, 64, 3), level, np.uint8))  # often at the address of the one before
            assert tk.grey(fresh)[0, 0] == pytest.approx(level / 255, abs=1e-6)
            del fresh


def test_an_array_that_was_given_another_shape_is_another_question():
    grey = tk.grey(lesion())[:50]
    held = sealed(grey)
    with memo.remembering(held):
        upright = tk.ridges(held, 0.01)
        held.shape = held.shape[::-1]
        across = tk.ridges(held, 0.01)
    assert upright.shape == grey.shape
    assert across.shape == grey.shape[::-1]


def test_nothing_is_kept_from_one_image_to_the_next():
    for image in map(sealed, (lesion(), noise(1, 96, 128))):
        with memo.remembering(image) as memory:
            assert not memory.results
            assert np.array_equal(tk.lab(image), tk.lab(image.copy()))
    assert memo._Now.memory is None


def test_another_kind_of_number_is_another_question():
    plane = sealed(np.random.default_rng(1).random((20, 20)))
    with memo.remembering(plane):
        tk.polar_map(plane, plane, 8, 8, 1)
        with pytest.raises(TypeError, match="rings: expected a whole number, met a float"):
            tk.polar_map(plane, plane, 8.0, 8, 1)


@pytest.mark.parametrize("function", [tk.lab, tk.grey, tk.hair_mask, tk.without_hair])
@pytest.mark.parametrize("kept", [False, True])
def test_handed_out_arrays_cannot_be_changed(function, kept):
    image = sealed(lesion())
    with memo.remembering(image if kept else sealed(noise(1))):
        found = function(image)
        assert not found.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 0
        with pytest.raises(ValueError, match="read-only"):
            np.add(found, 1, out=found, casting="unsafe")
        with pytest.raises(cv2.error):
            cv2.flip(found.view(np.uint8), 0, dst=found.view(np.uint8))


def test_each_caller_gets_a_dict_of_its_own():
    image = sealed(lesion())
    with memo.remembering(image):
        mask = tk.dark_corners(image) ^ True
        mask.setflags(write=False)
        tk.colour_clusters(image)["centres"] = None
        assert tk.colour_clusters(image)["centres"].shape == (5, 3)
        assert not tk.colour_clusters(image)["centres"].flags.writeable


def test_no_more_is_kept_than_there_is_room():
    image = sealed(lesion())
    with memo.remembering(image):
        whole = tk.lab(image).nbytes
    memory = memo.Memory(image, most_bytes=3 * whole)
    memo._Now.memory = memory
    try:
        for width in np.linspace(0.01, 0.1, 40):
            tk.ridges(tk.grey(image), float(width))
        assert sum(array.nbytes for array in memory.held[1:]) <= 3 * whole
        assert memory.free >= 0
    finally:
        memo.forget()


def test_an_array_that_can_be_written_to_is_refused():
    with pytest.raises(ValueError, match="read-only"), memo.remembering(lesion()):
        pass
