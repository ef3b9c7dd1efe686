"""A feature on images beside phantoms: each trouble is seen where it is planted, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.evals.disclosure.bands import StillEdges
from scafe.evals.disclosure.truths.transfers import disclosed_transfer
from scafe.evals.transfer.steadiness import Steadiness, steadiness
from scafe.evals.transfer.surroundings import Surroundings, surroundings
from scafe.evals.transfer.transfer import transfer_of
from scafe.sandbox.pool.pool import ImageAndMask
from scafe.sandbox.probes.perturbations import PERTURBATIONS

N = 120
PHANTOMS = np.random.default_rng(9).normal(size=48)
STEADY = Steadiness(0.95, "resize")


def around(seed: int = 0) -> Surroundings:
    rng = np.random.default_rng(seed)
    return Surroundings(*(rng.normal(size=N) for _ in range(3)))


def found(values, others=None, **place):
    return transfer_of("f", values, PHANTOMS, place.get("around", around()), STEADY, others or {})


def told(values, others=None, **place):
    return disclosed_transfer(found(values, others, **place), StillEdges(), N)


def noise(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=N)


def test_what_is_as_on_phantoms_is_said_to_be() -> None:
    assert told(noise()).in_words() == "as on phantoms"
    assert told(noise()).resembles


def test_values_outside_of_what_phantoms_showed_are_unlike_them() -> None:
    far = told(noise() + 20)
    assert (far.outside, far.resembles) == ("80-100%", False)
    assert "phantoms do not resemble these images" in far.in_words()
    half = told(np.where(np.arange(N) % 2, noise(), noise() + 20))
    assert (half.outside, half.resembles) == ("20-80%", True)


def test_real_values_crowded_into_a_corner_of_the_declared_range_are_unlike_phantoms() -> None:
    """Network depths of .001 to .004 in a range to .5: the case of facts that phantoms alone never told."""
    assert told(noise() / 30).spread == "narrower"
    assert not told(noise() / 30).resembles


def test_saturation_counts_where_phantoms_do_not_saturate_too() -> None:
    clipped = np.minimum(noise(), -0.2)
    assert told(clipped).saturated
    alike = transfer_of("f", clipped, np.minimum(PHANTOMS, -0.2), around(), STEADY, {})
    assert not disclosed_transfer(alike, StillEdges(), N).saturated


@pytest.mark.parametrize("what", ["size", "border", "exposure"])
def test_what_a_feature_follows_is_named_alone(what: str) -> None:
    place = around()
    values = place.columns()[what] + 0.3 * noise()
    assert told(values / 2, around=place).follows == (what,)


def test_a_thing_that_goes_with_another_is_not_blamed_for_it() -> None:
    place = around()
    beside = Surroundings(place.size, place.size + 0.3 * noise(3), place.exposure)
    assert told((place.size + 0.2 * noise(4)) / 2, around=beside).follows == ("size",)


def test_another_criterion_that_says_the_same_is_named() -> None:
    values = noise()
    others = {"border": [noise(5)], "colour": [noise(6), values + 0.1 * noise(7)]}
    assert told(values, others).overlaps_with == "colour"
    assert told(values, {"border": [noise(5)]}).overlaps_with is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_one_patient_s_wild_value_changes_nothing_that_is_told(seed: int) -> None:
    values = noise(seed)
    wild = values.copy()
    wild[seed % N] = 1e9
    assert told(wild).outside == told(values).outside
    assert told(wild).spread == told(values).spread
    assert told(wild).saturated == told(values).saturated


def test_nothing_is_told_of_few_values_or_of_a_constant() -> None:
    assert told(np.full(N, 3.0)) is None
    assert told(np.where(np.arange(N) < 10, noise(), np.nan)) is None


def test_a_feature_that_turns_missing_under_perturbation_is_unsteady() -> None:
    plain = noise()[:24]
    same = np.repeat(plain, len(PERTURBATIONS))
    assert steadiness(plain, same).icc == pytest.approx(1.0)
    gone = same.copy()
    gone[:: 2 * len(PERTURBATIONS)] = np.nan
    assert steadiness(plain, gone) == Steadiness(0.0, PERTURBATIONS[0])


def test_surroundings_are_of_the_image_and_not_of_the_lesion() -> None:
    mask = np.zeros((64, 64), bool)
    mask[20:44, 20:44] = True
    plain = np.full((64, 64, 3), 120, np.uint8)
    dark = plain.copy()
    dark[mask] = 10
    cornered = plain.copy()
    cornered[:8] = cornered[-8:] = cornered[:, :8] = cornered[:, -8:] = 5
    one = surroundings([ImageAndMask(image, mask) for image in (plain, dark, cornered)])
    assert one.size.tolist() == [576.0] * 3
    assert one.exposure[0] == one.exposure[1] == 120
    assert one.border[0] == pytest.approx(1.0)
    assert one.border[2] < 0.2
