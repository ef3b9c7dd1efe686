"""The ten-line rivals answer, and size can be held."""

import numpy as np
import pytest

from benchmarks.rivals.__main__ import held, is_development
from benchmarks.rivals.dermoscopy import RIVALS
from scafe.knowledge.phantoms.dermoscopy import PHANTOM


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_gives_one_finite_number(name):
    one = PHANTOM.render(3)
    assert np.isfinite(RIVALS[name](one.image, one.mask))


def test_agreement_that_is_size_alone_vanishes_with_size_held():
    rng = np.random.default_rng(0)
    size = rng.normal(size=400)
    one, other = (size + 0.5 * rng.normal(size=400) for _ in range(2))
    assert np.corrcoef(one, other)[0, 1] > 0.7
    assert abs(held(one, other, size)) < 0.12


def test_about_half_of_the_patients_are_development_and_always_the_same():
    dealt = [is_development(f"p{number}") for number in range(400)]
    assert 160 < sum(dealt) < 240
    assert dealt == [is_development(f"p{number}") for number in range(400)]
