"""The ultrasound, radiograph, MRI and histology phantoms keep the promises of `Phantom`."""

import numpy as np
import pytest

from scafe.knowledge.phantoms import draw_cohort, load_phantom

KINDS = ("ultrasound", "radiograph", "mri_glioma", "histology", "skin_lesion")
SIZE = 64
DIALS = [(kind, dial) for kind in KINDS for dial in load_phantom(kind).dials]
NUISANCES = [(kind, one) for kind in KINDS for one in load_phantom(kind).nuisances]


def named(value):
    return value if isinstance(value, str) else value.name


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_arguments_draw_the_same_bytes(kind):
    phantom = load_phantom(kind)
    for label in phantom.classes:
        one, two = (phantom.draw(9, label, "plain", SIZE) for _ in range(2))
        assert one.image.tobytes() == two.image.tobytes()
        assert one.mask.tobytes() == two.mask.tobytes()


@pytest.mark.parametrize(("kind", "dial"), DIALS, ids=named)
def test_each_dial_changes_the_image_and_the_truth_tells_it(kind, dial):
    low, high = (load_phantom(kind).render(5, {dial.name: at}, None, SIZE) for at in (dial.low, dial.high))
    assert not np.array_equal(low.image, high.image)
    assert low.truth[dial.name] == dial.low
    others = [name for name in low.truth if name not in (dial.name, "area_px")]
    assert [low.truth[name] for name in others] == [high.truth[name] for name in others]


@pytest.mark.parametrize(("kind", "nuisance"), NUISANCES, ids=named)
def test_each_nuisance_changes_the_image(kind, nuisance):
    phantom = load_phantom(kind)
    value = nuisance.high if nuisance.high != nuisance.neutral else nuisance.low
    plain, moved = phantom.render(7, None, None, SIZE), phantom.render(7, None, {nuisance.name: value}, SIZE)
    assert not np.array_equal(plain.image, moved.image)


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_name_is_refused(kind):
    phantom = load_phantom(kind)
    with pytest.raises(KeyError, match="sparkle"):
        phantom.render(1, {"sparkle": 1.0})
    with pytest.raises(KeyError, match="sparkle"):
        phantom.render(1, None, {"sparkle": 1.0})
    with pytest.raises(KeyError, match="healthy"):
        phantom.draw(1, "healthy")


@pytest.mark.parametrize("kind", KINDS)
def test_images_have_three_channels_and_masks_are_whole_where_sets_have_no_outlines(kind):
    drawn = load_phantom(kind).render(3, None, None, SIZE)
    assert drawn.image.shape == (SIZE, SIZE, 3)
    assert drawn.image.dtype == np.uint8
    assert drawn.mask.all() == (kind not in ("mri_glioma", "skin_lesion", "ultrasound", "radiograph"))
    if kind in ("ultrasound", "radiograph"):
        assert np.ptp(drawn.image, axis=2).max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_shortcut_cohorts_put_the_marker_or_the_gain_in_one_class_alone(kind):
    phantom = load_phantom(kind)
    ruler = draw_cohort(phantom, 4, 8, "shortcut_ruler", 32)
    assert {one.label for one in ruler if one.phantom.truth["ruler"] > 0} == {phantom.classes[1]}
    camera = draw_cohort(phantom, 4, 8, "shortcut_camera", 32)
    light = [
        np.mean([one.phantom.truth["light"] for one in camera if one.label == label])
        for label in phantom.classes
    ]
    assert light[1] > light[0] + 0.08


@pytest.mark.parametrize("kind", KINDS)
def test_the_null_cohort_draws_both_classes_from_one_distribution_and_the_plain_one_does_not(kind):
    phantom = load_phantom(kind)
    names = [dial.name for dial in phantom.dials]

    def gap(flavour):
        members = draw_cohort(phantom, 3, 60, flavour, 32)
        rows = np.array([[one.phantom.truth[name] for name in names] for one in members])
        second = np.array([one.label == phantom.classes[1] for one in members])
        apart = np.abs(rows[second].mean(axis=0) - rows[~second].mean(axis=0))
        return (apart / (rows.std(axis=0) + 1e-9)).max()

    # 60 per class: 0.65 sd is beyond 3.5 standard errors (sqrt(2/60) = 0.18).
    assert gap("null") < 0.65 < gap("plain")
