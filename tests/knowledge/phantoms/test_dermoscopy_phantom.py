"""The dermoscopy phantom keeps the promises of `Phantom`, and its measures answer to its dials."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.knowledge.phantoms import draw_cohort
from scafe.knowledge.phantoms.dermoscopy import PHANTOM
from scafe.knowledge.phantoms.dermoscopy_scene import skin_ita

SIZE = 64
MASK_MOVERS = {"asymmetry"}
SEEDS = st.integers(0, 2**31 - 1)


@given(SEEDS, st.sampled_from(PHANTOM.classes))
@settings(max_examples=5, deadline=None)
def test_the_same_arguments_draw_the_same_bytes(seed, label):
    one, two = (PHANTOM.draw(seed, label, "plain", SIZE) for _ in range(2))
    assert one.image.tobytes() == two.image.tobytes()
    assert one.mask.tobytes() == two.mask.tobytes()
    assert one.truth == two.truth


@pytest.mark.parametrize("dial", PHANTOM.dials, ids=lambda one: one.name)
def test_each_dial_changes_the_image_and_only_asymmetry_changes_the_outline(dial):
    low, high = (PHANTOM.render(5, {dial.name: value}, None, SIZE) for value in (dial.low, dial.high))
    assert not np.array_equal(low.image, high.image)
    assert np.array_equal(low.mask, high.mask) == (dial.name not in MASK_MOVERS)


@pytest.mark.parametrize("dial", PHANTOM.dials, ids=lambda one: one.name)
def test_no_dial_of_the_lesion_touches_the_skin_far_from_it(dial):
    low, high = (PHANTOM.render(5, {dial.name: value}, None, SIZE) for value in (dial.low, dial.high))
    assert np.array_equal(low.image[:6, :6], high.image[:6, :6])


@pytest.mark.parametrize("nuisance", PHANTOM.nuisances, ids=lambda one: one.name)
def test_each_nuisance_changes_the_image(nuisance):
    # 0 and a full turn are one image, so the turn is taken to a quarter.
    value = 90.0 if nuisance.name == "rotation" else nuisance.high
    plain = PHANTOM.render(7, None, None, SIZE)
    moved = PHANTOM.render(7, None, {nuisance.name: value}, SIZE)
    assert not np.array_equal(plain.image, moved.image)
    if nuisance.name not in ("rotation", "scale"):
        assert np.array_equal(plain.mask, moved.mask)


def test_an_unknown_dial_is_refused_by_name():
    with pytest.raises(KeyError, match="sparkle"):
        PHANTOM.render(1, {"sparkle": 1.0})
    with pytest.raises(KeyError, match="sparkle"):
        PHANTOM.render(1, None, {"sparkle": 1.0})
    with pytest.raises(KeyError, match="wart"):
        PHANTOM.draw(1, "wart")


def test_darker_skin_has_a_lower_typology_angle_and_a_darker_image():
    tones = np.linspace(0, 1, 6)
    assert all(np.diff([skin_ita(tone) for tone in tones]) < 0)
    means = [PHANTOM.render(3, None, {"skin_tone": float(tone)}, SIZE).image.mean() for tone in tones]
    assert all(np.diff(means) < 0)


def test_the_null_cohort_draws_both_classes_from_one_distribution():
    names = [dial.name for dial in PHANTOM.dials]
    members = draw_cohort(PHANTOM, 3, 60, "null", 32)
    table = {
        label: np.array(
            [[one.phantom.truth[name] for name in names] for one in members if one.label == label]
        )
        for label in PHANTOM.classes
    }
    first, second = table.values()
    gap = np.abs(first.mean(axis=0) - second.mean(axis=0)) / (np.vstack([first, second]).std(axis=0) + 1e-9)
    # 13 dials, 60 per class: 0.6 sd is beyond 3 standard errors (sqrt(2/60) = 0.18).
    assert gap.max() < 0.6


def test_plain_classes_differ_in_every_dial_that_the_scales_call_malignant():
    members = draw_cohort(PHANTOM, 3, 60, "plain", 32)
    for name in ("asymmetry", "border", "colours", "streaks", "veil", "regression", "blotches"):
        values = {
            label: np.mean([one.phantom.truth[name] for one in members if one.label == label])
            for label in PHANTOM.classes
        }
        assert values["melanoma"] > values["nevus"], name


def test_shortcut_cohorts_put_the_ruler_or_the_brighter_camera_in_one_class_alone():
    ruler = draw_cohort(PHANTOM, 4, 12, "shortcut_ruler", 32)
    assert {one.label for one in ruler if one.phantom.truth["ruler"] > 0} == {"melanoma"}
    camera = draw_cohort(PHANTOM, 4, 12, "shortcut_camera", 32)
    light = {
        label: np.mean([one.phantom.truth["light"] for one in camera if one.label == label])
        for label in PHANTOM.classes
    }
    assert light["melanoma"] > light["nevus"] + 0.1
