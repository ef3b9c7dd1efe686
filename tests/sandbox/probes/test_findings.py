"""The words of the probes: each names the limit, and the way out fits what was met."""

import numpy as np
import pytest

from scafe.knowledge.contract.extractor import Feature
from scafe.knowledge.phantoms import load_phantom, phantom_kinds
from scafe.sandbox.probes import findings
from scafe.sandbox.probes.evidence import Response, Shift

FEATURE = Feature(name="relief_ratio", unit="log10", range=(-1, 2), direction="up", meaning="spread")


@pytest.mark.parametrize("kind", phantom_kinds())
def test_every_nuisance_of_every_phantom_has_a_way_past_it_of_its_own(kind: str) -> None:
    for nuisance in load_phantom(kind).nuisances:
        assert nuisance.name in findings.WAY_PAST, nuisance.name


def test_no_way_past_is_named_for_a_nuisance_that_no_phantom_has() -> None:
    known = {nuisance.name for kind in phantom_kinds() for nuisance in load_phantom(kind).nuisances}
    assert set(findings.WAY_PAST) <= known


def test_against_hair_the_ring_is_not_proposed_and_the_limit_is_named() -> None:
    shifts = [Shift("hair", 4.5, None), Shift("noise", 1.7, None)]
    told = findings.moved_by(FEATURE, shifts, reject=True, allowed=1.5).message
    assert "ring" not in told
    assert "at most 1.5 is allowed" in told
    assert told.endswith(findings.THIN)


def test_a_rival_dial_is_explained_and_each_correlation_names_its_dial() -> None:
    own = Response("relief", np.array([0.9]), 0.5)
    rival = Response("border", np.array([1.0]), 1.2, "lobes and claws that leave the plain outline")
    told = findings.unspecific(FEATURE, own, rival, reject=True).message
    assert "border (lobes and claws that leave the plain outline)" in told
    assert "+1.00 with border, +0.90 with relief" in told
    assert "2.4 times as far" in told


def test_a_feature_lost_at_one_end_is_told_which_and_what_helps_there() -> None:
    """Named fault: one sentence sent every loss to the skin around, also where a limit in pixels was met."""
    small = findings.lost_under(FEATURE, Shift("scale", 0.0, 0.5)).message
    assert "turns NaN at scale 0.5" in small
    assert "square root of the lesion's area" in small
    assert "around the lesion" in findings.lost_under(FEATURE, Shift("light", 0.0, 0.7)).message


def test_a_shift_within_the_limit_does_not_read_as_a_fault() -> None:
    told = findings.moved_by(FEATURE, [Shift("noise", 0.9, None)], reject=False, allowed=1.5).message
    assert "within the limit of 1.5" in told
    assert "must not matter" not in told
