import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.knowledge.phantoms import draw_cohort, load_phantom
from scafe.knowledge.phantoms.rendering import optics
from scafe.knowledge.phantoms.scar import PHANTOM

SHAPE_DIALS = ("border", "waist", "elongation", "asymmetry", "area")
SURFACE_DIALS = [dial.name for dial in PHANTOM.dials if dial.name not in SHAPE_DIALS]
CAMERA = [one.name for one in PHANTOM.nuisances if one.name not in ("rotation", "scale")]


def lab_of(image, where):
    return optics.linear_to_lab(optics.decode_srgb(image)[where].mean(axis=0))


def skin_far_from(phantom):
    far = np.ones(phantom.mask.shape, bool)
    rows, columns = np.nonzero(phantom.mask)
    far[max(rows.min() - 12, 0) : rows.max() + 12, max(columns.min() - 12, 0) : columns.max() + 12] = False
    return far


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(PHANTOM.classes), st.sampled_from([64, 96, 128]))
def test_the_same_arguments_draw_the_same_bytes(seed, label, size):
    first, second = (PHANTOM.draw(seed, label, "plain", size) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()
    assert first.mask.tobytes() == second.mask.tobytes()
    assert first.truth == second.truth
    assert first.image.shape == (size, size, 3)
    assert first.image.dtype == np.uint8


@pytest.mark.parametrize("name", SURFACE_DIALS + CAMERA)
def test_a_dial_of_the_surface_or_the_camera_moves_no_outline(name):
    one = next(d for d in (*PHANTOM.dials, *PHANTOM.nuisances) if d.name == name)
    where = "dials" if name in SURFACE_DIALS else "nuisances"
    levels = (one.low, 0.3 * one.low + 0.7 * one.high)  # an azimuth of -180 and of 180 are the same
    low, high = (PHANTOM.render(3, **{where: {name: value}}, size=96) for value in levels)
    assert np.array_equal(low.mask, high.mask)
    assert not np.array_equal(low.image, high.image)


@pytest.mark.parametrize("name", ["border", "waist", "elongation", "asymmetry"])
def test_a_dial_of_the_shape_keeps_the_area(name):
    dial = next(d for d in PHANTOM.dials if d.name == name)
    areas = []
    for value in np.linspace(dial.low, dial.high, 4):
        truth = PHANTOM.render(5, {name: float(value)}, size=192).truth
        areas.append(truth["area_px"] * truth["mm_per_px"] ** 2)
    assert np.ptp(areas) / np.mean(areas) < 0.06


@pytest.mark.parametrize("name", ["vascularity", "pigment", "halo", "rim", "vessels", "gloss", "relief"])
def test_a_dial_of_the_scar_leaves_the_distant_skin_alone(name):
    dial = next(d for d in PHANTOM.dials if d.name == name)
    low, high = (PHANTOM.render(7, {name: value}, size=128) for value in (dial.low, dial.high))
    far = skin_far_from(low)
    moved = np.abs(low.image[far].astype(int) - high.image[far]).mean()
    inside = np.abs(low.image[~far].astype(int) - high.image[~far]).mean()
    assert inside > 4 * moved


@pytest.mark.parametrize("ita", [60, 45, 30, 15, -10, -40])
def test_the_skin_around_the_scar_has_the_tone_that_was_asked_for(ita):
    phantom = PHANTOM.render(1, nuisances={"skin_tone": ita}, size=128)
    lab = lab_of(phantom.image, skin_far_from(phantom))
    expected = optics.linear_to_lab(optics.skin_linear(optics.melanin_for_ita(ita), optics.SKIN_BLOOD))
    assert np.abs(lab - expected).max() < 1.5
    assert float(optics.ita_degrees(lab)) == pytest.approx(ita, abs=4)


def test_more_blood_is_redder_on_every_skin_tone_and_less_so_on_dark_skin():
    gains = []
    for ita in (55, 20, -30):
        pale, red = (PHANTOM.render(2, {"vascularity": v}, {"skin_tone": ita}) for v in (1.0, 6.0))
        gains.append(lab_of(red.image, red.mask)[1] - lab_of(pale.image, pale.mask)[1])
    assert min(gains) > 0.5
    assert gains[2] < 0.6 * gains[0]


def test_unknown_names_and_values_out_of_range_are_refused():
    with pytest.raises(KeyError, match="no dial 'redness'"):
        PHANTOM.render(0, {"redness": 1.0})
    with pytest.raises(KeyError, match="no nuisance 'flash'"):
        PHANTOM.render(0, nuisances={"flash": 1.0})
    with pytest.raises(ValueError, match=r"vascularity is 9; it runs from 1 to 8"):
        PHANTOM.render(0, {"vascularity": 9.0})
    with pytest.raises(KeyError, match="no class 'mole'"):
        PHANTOM.draw(0, "mole")
    with pytest.raises(KeyError, match="no flavour 'easy'"):
        PHANTOM.draw(0, "keloid", "easy")


def test_in_the_null_cohort_the_label_decides_nothing():
    for seed in range(4):
        one, other = (PHANTOM.draw(seed, label, "null", 64) for label in PHANTOM.classes)
        assert one.image.tobytes() == other.image.tobytes()


def test_the_shortcut_cohorts_differ_from_the_plain_one_in_the_shortcut_alone():
    for flavour, name in (("shortcut_ruler", "ruler"), ("shortcut_camera", "light")):
        plain = draw_cohort(PHANTOM, 5, 4, "plain", 64)
        spoiled = draw_cohort(PHANTOM, 5, 4, flavour, 64)
        for before, after in zip(plain, spoiled, strict=True):
            changed = {k for k, v in before.phantom.truth.items() if v != after.phantom.truth[k]}
            assert changed <= {name}
        values = {
            label: [m.phantom.truth[name] for m in spoiled if m.label == label] for label in PHANTOM.classes
        }
        assert np.mean(values["keloid"]) > np.mean(values["hypertrophic"])


def test_the_scar_phantom_is_found_by_its_kind():
    assert load_phantom("scar") is PHANTOM
    assert PHANTOM.classes == ("hypertrophic", "keloid")
