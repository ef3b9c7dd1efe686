"""Which criterion a feature answers to: found where it is planted, whatever the number of levels."""

import numpy as np

from scafe.evals.experts.scores import CriterionScores
from scafe.evals.experts.straying import strays_to

RNG = np.random.default_rng


def column(name: str, values: np.ndarray) -> CriterionScores:
    return CriterionScores(name, ("",), np.asarray(values, float)[:, None])


def test_few_features_without_a_stray_are_called_one() -> None:
    called = 0
    for seed in range(200):
        rng = RNG(seed)
        criteria = [column(f"c{number}", rng.integers(0, 4, 60)) for number in range(4)]
        values = rng.normal(size=60) + 0.5 * (seed % 2) * criteria[0].mean
        called += bool(strays_to(values, criteria[0], criteria[1:]))
    assert called <= 4


def test_a_stray_is_named_whichever_way_it_runs() -> None:
    rng = RNG(0)
    own, other = rng.integers(0, 4, 80), rng.integers(0, 4, 80)
    for sign in (1, -1):
        values = sign * other + rng.normal(0, 0.8, 80)
        assert strays_to(values, column("own", own), [column("other", other)]) == "other"


def test_a_coarse_scale_of_the_same_truth_does_not_lose_to_a_fine_one() -> None:
    called = 0
    for seed in range(100):
        rng = RNG(seed)
        truth = rng.normal(size=100)
        values = truth + rng.normal(0, 0.7, 100)
        fine = column("fine", np.round(3 * truth))
        called += bool(strays_to(values, column("own", truth > 0), [fine]))
    assert called <= 3


def test_a_feature_against_its_declared_direction_follows_another_better() -> None:
    rng = RNG(1)
    own = rng.integers(0, 4, 80)
    other = np.clip(own + rng.integers(-1, 2, 80), 0, 3)
    assert strays_to(own + rng.normal(0, 0.5, 80), column("own", own), [column("other", other)]) == ""
    assert (
        strays_to(own + rng.normal(0, 0.5, 80), column("own", own), [column("other", other)], -1) == "other"
    )


def test_few_images_say_nothing() -> None:
    values = np.arange(15.0)
    assert strays_to(values, column("own", values % 2), [column("other", values)]) == ""
