"""A ρ that cannot be computed is called undefined, with the reason, and is not read as deafness."""

import numpy as np
import pytest
from numpy.typing import NDArray

from scafe.knowledge.contract.extractor import Feature
from scafe.knowledge.criteria.pack import load_pack
from scafe.sandbox.probes.cascade import _answer
from scafe.sandbox.probes.evidence import Response, _response
from scafe.sandbox.probes.findings import deaf
from scafe.sandbox.probes.panel import Sweep

LEVELS = np.arange(5.0)
SWEEP = Sweep("orientation", LEVELS, np.arange(20).reshape(4, 5))


def answered(settings: list[NDArray[np.float64]]) -> Response:
    return _response(SWEEP, np.concatenate(settings))


def test_nan_in_most_settings_leaves_no_rho_and_says_how_much_is_missing() -> None:
    response = answered([LEVELS, np.full(5, np.nan), np.full(5, np.nan), np.full(5, np.nan)])
    assert response.undefined == "NaN on 75% of its phantoms"
    told = _answer(response, 1.0)
    assert (told.spearman, told.undefined) == (0.0, response.undefined)


def test_a_feature_that_never_moves_along_a_dial_has_no_rho() -> None:
    assert answered([np.ones(5)] * 4).undefined == "the same value all along it"


@pytest.mark.parametrize("lost", [0, 1])
def test_a_rho_that_most_settings_have_is_told_as_a_number(lost: int) -> None:
    response = answered([np.full(5, np.nan)] * lost + [LEVELS] * (4 - lost))
    assert response.undefined == ""
    assert response.median == pytest.approx(1.0)


def test_a_deaf_feature_and_one_without_rho_are_told_apart() -> None:
    criterion = load_pack("scar.vss").criterion("vascularity")
    feature = Feature(name="red", unit="ratio", range=(0, 1), direction="up", meaning="red")
    lost = answered([LEVELS, *[np.full(5, np.nan)] * 3])
    told = deaf(feature, lost, None, criterion).message
    assert "has no ρ with orientation (NaN on 75% of its phantoms)" in told
    assert "+0.00" not in told
    assert (
        "hardly answers"
        in deaf(feature, answered([LEVELS * 0 + [0, 1, 0, 1, 0]] * 4), None, criterion).message
    )


def test_reach_is_told_as_a_multiple_of_that_along_the_own_dial() -> None:
    response = answered([2 * LEVELS] * 4)
    assert _answer(response, 4.0).reach == 2.0
    assert _answer(response, 0.0).reach is None
