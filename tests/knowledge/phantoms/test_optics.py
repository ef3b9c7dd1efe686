import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.knowledge.phantoms.rendering import optics

MELANIN = np.array([0.01, 0.02, 0.04, 0.06, 0.10, 0.13, 0.16, 0.20, 0.25, 0.30, 0.36, 0.43])
ITA = [64, 59, 49, 40, 25, 16, 8, -1, -12, -24, -39, -54]
LAB = [
    *([81, 4, 15], [78, 5, 17], [74, 6, 21], [70, 7, 24], [63, 10, 29], [59, 11, 30]),
    *([55, 12, 30], [50, 14, 29], [44, 15, 26], [40, 15, 22], [36, 14, 17], [33, 12, 12]),
]
SRGB = "dbc4ad d7bea3 d0b190 c8a680 ba9267 b08559 a6794f 9a6c45 8c5f3f 80553c 734c3b 66463b".split()
TABLE_TOLERANCE = 1.0
"""CIELAB units and degrees: the table is rounded to whole numbers."""

ERYTHEMA = [(59, 4.7, 0.064, 7.2), (32, 4.4, 0.062, 6.2), (8, 3.4, 0.055, 5.2), (-24, 1.6, 0.031, 3.3)]


def normal_and_red(ita):
    melanin = optics.melanin_for_ita(ita)
    return optics.skin_linear(melanin, 0.01), optics.skin_linear(melanin, 0.024)


def lab_shift(after, before):
    return optics.linear_to_lab(after) - optics.linear_to_lab(before)


def test_skin_colours_agree_with_the_published_table_within_one_unit():
    linear = optics.skin_linear(MELANIN, optics.SKIN_BLOOD)
    lab = optics.linear_to_lab(linear)
    assert np.abs(lab - LAB).max() <= TABLE_TOLERANCE
    assert np.abs(optics.ita_degrees(lab) - ITA).max() <= TABLE_TOLERANCE


def test_skin_colours_agree_with_the_table_in_srgb_within_one_level():
    encoded = np.rint(255 * optics.encode_srgb(optics.skin_linear(MELANIN, optics.SKIN_BLOOD)))
    expected = [[int(one[i : i + 2], 16) for i in (0, 2, 4)] for one in SRGB]
    assert np.abs(encoded - expected).max() <= 1


@pytest.mark.parametrize(("ita", "delta_a", "delta_ei", "delta_e"), ERYTHEMA)
def test_the_same_blood_shows_less_on_darker_skin(ita, delta_a, delta_ei, delta_e):
    normal, red = normal_and_red(ita)
    shift = lab_shift(red, normal)
    assert shift[1] == pytest.approx(delta_a, abs=0.15)
    assert optics.erythema_index(red) - optics.erythema_index(normal) == pytest.approx(delta_ei, abs=0.003)
    assert np.linalg.norm(shift) == pytest.approx(delta_e, abs=0.2)


@pytest.mark.parametrize("ita", [59, 32, 8])
def test_white_balance_of_ten_percent_moves_absolute_redness_but_not_lesion_minus_skin(ita):
    normal, red = normal_and_red(ita)
    gains = np.array([1.1, 1.0, 0.9])
    assert 2.4 <= lab_shift(normal * gains, normal)[1] <= 2.9
    moved = optics.erythema_index(normal * gains) - optics.erythema_index(normal)
    assert moved == pytest.approx(0.041, abs=0.001)
    delta_moved = lab_shift(red * gains, normal * gains) - lab_shift(red, normal)
    assert abs(delta_moved[1]) <= 0.15


def test_white_balance_lowers_the_ita_of_light_skin_by_six_degrees():
    normal, _ = normal_and_red(59)
    warm = optics.linear_to_lab(normal * np.array([1.1, 1.0, 0.9]))
    assert float(optics.ita_degrees(warm)) - 59 == pytest.approx(-6, abs=1)


@pytest.mark.parametrize(("ita", "ita_shift"), [(59, -9), (8, -16)])
def test_exposure_of_seven_tenths_makes_skin_look_darker(ita, ita_shift):
    normal, _ = normal_and_red(ita)
    moved = optics.ita_degrees(optics.linear_to_lab(normal * 0.7)) - ita
    assert float(moved) == pytest.approx(ita_shift, abs=1)
    assert -1.45 <= lab_shift(normal * 0.7, normal)[1] <= -0.5


def test_melanin_alone_mimics_erythema_on_middle_skin_and_hides_it_on_dark_skin():
    shifts = {}
    for ita in (32, -24):
        melanin = optics.melanin_for_ita(ita)
        shifts[ita] = lab_shift(optics.skin_linear(1.8 * melanin, 0.01), optics.skin_linear(melanin, 0.01))[1]
    assert shifts[32] == pytest.approx(3.4, abs=0.2)
    assert shifts[-24] < -4


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 0.5), st.floats(0.002, 0.15), st.sampled_from([0.45, 0.75, 0.95]))
def test_the_table_is_the_model(melanin, blood, saturation):
    maps = (np.full((2, 2), value, np.float32) for value in (melanin, blood))
    found = optics.skin_table(saturation).colour(*maps)
    assert np.abs(found - np.maximum(optics.skin_linear(melanin, blood, saturation), 0)).max() < 1e-3


@settings(max_examples=20, deadline=None)
@given(st.floats(-50, 63))
def test_melanin_for_ita_inverts_the_model(ita):
    linear = optics.skin_linear(optics.melanin_for_ita(ita), optics.SKIN_BLOOD)
    assert float(optics.ita_degrees(optics.linear_to_lab(linear))) == pytest.approx(ita, abs=0.1)


def test_srgb_encoding_and_decoding_are_inverse_on_every_level():
    levels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(np.rint(255 * optics.encode_srgb(optics.decode_srgb(levels))), levels)
    linear = np.repeat(optics.decode_srgb(levels)[None, :, None], 3, axis=2).astype(np.float32)
    assert np.array_equal(optics.encode_image(linear)[0, :, 0], levels)


def test_white_is_white():
    assert optics.linear_to_lab([1.0, 1.0, 1.0]) == pytest.approx([100, 0, 0], abs=1e-6)
    assert optics.spectrum_to_linear(np.ones(31)) == pytest.approx([1, 1, 1], abs=1e-6)


@pytest.mark.parametrize(
    ("ita", "name"), [(60, "very light"), (41, "intermediate"), (0, "brown"), (-31, "dark")]
)
def test_ita_names_follow_the_published_bounds(ita, name):
    assert optics.ita_name(ita) == name
