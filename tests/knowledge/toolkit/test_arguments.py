"""What is no image, no plane or no mask is told in one sentence that says what it is and what to do."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from toolkit_scenes import lesion

from scafe.knowledge import toolkit as tk

FUNCTIONS = [getattr(tk, name) for name in tk.__all__]
STRANGE = [
    None,
    3,
    "image",
    [[1, 2], [3, 4]],
    np.float32(2),
    np.zeros(0),
    np.zeros((0, 4)),
    np.zeros((4, 4), complex),
    np.zeros((4, 4), "U3"),
    np.zeros((4, 4), object),
    np.zeros((4, 4), "M8[s]"),
    np.zeros((2, 2, 2, 2)),
    np.zeros((4, 4, 5), np.uint8),
    np.ma.masked_array(np.zeros((4, 4))),
    np.broadcast_to(np.uint8(1), (10**6, 10**6, 3)),
    np.broadcast_to(np.float32(1), (10**6, 10**6)),
]


def first_arguments(function):
    """Fill every argument that has no default with the same value."""
    needed = [one for one in inspect.signature(function).parameters.values() if one.default is one.empty]
    return len(needed)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__name__)
def test_strange_arguments_are_refused_in_words(function):
    for value in STRANGE:
        if function is tk.robust and np.size(value) == 0:
            continue  # has no median: NaN
        with pytest.raises((TypeError, ValueError), match="expected"):
            function(*[value] * first_arguments(function))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__name__)
def test_subclasses_are_refused(function):
    class Own(np.ndarray):
        """Carries methods of its own."""

    for value in (lesion().view(Own), np.ones((9, 9)).view(Own)):
        with pytest.raises(TypeError, match="expected a numpy array, met a Own"):
            function(*[value] * first_arguments(function))


PLANES = arrays.arrays(
    st.sampled_from([np.float32, np.float64, np.uint8, np.int16, np.bool_]),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    elements={"allow_nan": False, "allow_infinity": False, "min_value": 0, "max_value": 1},
)
PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)))
STRIDES = st.sampled_from(
    [
        (slice(None), slice(None)),
        (slice(None, None, -1), slice(None)),
        (slice(None, None, 2), slice(None, None, -2)),
    ]
)
OF_IMAGES = [one for one in FUNCTIONS if next(iter(inspect.signature(one).parameters)) == "image"]
OF_MASKS = [one for one in FUNCTIONS if next(iter(inspect.signature(one).parameters)) == "mask"]
OF_PLANES = [one for one in FUNCTIONS if next(iter(inspect.signature(one).parameters)) == "plane"]


def agree(one, other) -> bool:
    values = [list(found.values()) if isinstance(found, dict) else found for found in (one, other)]
    parts = [found if isinstance(found, (list, tuple)) else [found] for found in values]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*parts, strict=True))


@pytest.mark.parametrize("function", OF_IMAGES, ids=lambda one: one.__name__)
@given(PICTURES, STRIDES)
@settings(max_examples=15, deadline=None)
def test_small_images_and_odd_strides_answer_like_their_copies(function, image, window):
    view = image[window]
    rest = [np.ones(view.shape[:2], bool)] * (first_arguments(function) - 1)
    assert agree(function(view, *rest), function(view.copy(), *rest))
    before = view.copy()
    function(view, *rest)
    assert np.array_equal(view, before)


@pytest.mark.parametrize("function", OF_MASKS + OF_PLANES, ids=lambda one: one.__name__)
@given(PLANES, STRIDES)
@settings(max_examples=15, deadline=None)
def test_small_planes_and_odd_strides_answer_like_their_copies(function, plane, window):
    view = plane[window]
    extra = {"grown": [view > 0.5, 0.1], "separation": [view > 0.5, view <= 0.5]}
    rest = extra.get(function.__name__, [view > 0.5] * (first_arguments(function) - 1))
    assert agree(function(view, *rest), function(view.copy(), *rest))
    before = view.copy()
    function(view, *rest)
    assert np.array_equal(view, before)


def test_missing_numbers_are_refused_with_the_way_out():
    plane = np.ones((9, 9))
    plane[3, 3] = np.nan
    with pytest.raises(ValueError, match=r"plane: holds NaN or infinite numbers; use np\.nan_to_num first"):
        tk.ridges(plane)
    with pytest.raises(ValueError, match="plane: holds NaN or infinite"):
        tk.ridges(np.full((9, 9), 1e300))


@pytest.mark.parametrize(
    "call",
    [
        lambda: tk.stains(lesion(), "he" * 5),
        lambda: tk.stains(lesion(), ["he"]),
        lambda: tk.ridges(np.ones((9, 9)), ()),
        lambda: tk.ridges(np.ones((9, 9)), (0.01,) * 9),
        lambda: tk.ridges(np.ones((9, 9)), float("nan")),
        lambda: tk.ridges(np.ones((9, 9)), True),
        lambda: tk.polar_map(np.ones((9, 9)), np.ones((9, 8), bool)),
        lambda: tk.polar_map(np.ones((9, 9)), np.ones((9, 9), bool), 10**9),
        lambda: tk.snake(np.ones((9, 9)), np.ones((9, 9), bool), 10**9),
        lambda: tk.glcm(np.ones((9, 9)), None, 0.01, 10**6),
        lambda: tk.colour_clusters(lesion(), None, 10**6),
    ],
)
def test_settings_outside_their_range_are_refused(call):
    with pytest.raises((TypeError, ValueError), match="expected"):
        call()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.__name__)
def test_each_primitive_says_what_it_takes_gives_and_where_it_is_from(function):
    text = function.__doc__
    for title in ("Parameters", "Returns", "References"):
        assert f"{title}\n    ---" in text
    for name in inspect.signature(function).parameters:
        assert name in text
