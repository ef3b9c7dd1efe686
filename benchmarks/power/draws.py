"""Few patients a class, many draws, the same test patients for all that is compared; with intervals.

Every patient is a test patient in one of five folds; in each fold the training patients are drawn four times
at every size, nested, so that 20 draws cover all patients. An interval resamples test patients (within
classes) and draws at the same time, the same for both sides of a difference.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from scafe.evals.scoring.cases import Cases, Scored, per_patient
from scafe.evals.scoring.classifier import fit_classifier
from scafe.evals.scoring.ridge import Signs
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.splits import N_FOLDS, Folds, make_folds

SIZES = (5, 10, 20, 40)
TEST_FOLDS = 5
RESAMPLED = 1000
Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]
"""Rows of images to (n_images, n_classes) probabilities."""
Fit = Callable[[str, Cases, Folds], Predict]
"""Fits what describes the images under a name, its penalty on inner folds."""


@dataclass(frozen=True)
class Estimate:
    """A mean over draws and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Point:
    """One size of one set."""

    patients_per_class: int | None
    """None: all outside the fold, each class as large as it is."""
    draws: int
    aucs: dict[str, Estimate]
    """By description of the image: macro mean over pairs where there are more than two classes."""
    differences: dict[str, Estimate]
    """The measures minus each of the others; of named pairs "one - other"."""


@dataclass(frozen=True)
class _Fold:
    """Who won each pair of test patients of two classes: one tensor per pair of classes."""

    wins: dict[tuple[int, int], Floats]
    """(draws, n of the one class, n of the other); 1 right order, 0 wrong, .5 tied."""


def ridge(name: str, train: Cases, folds: Folds) -> Predict:
    """Fit the shipped classifier."""
    return fit_classifier(train, tuple(str(n) for n in range(train.rows.shape[1])), folds).probabilities


def with_prior(signs: Signs) -> Fit:
    """Fit the shipped classifier, the measures under the prior of their declared directions."""

    def fit(name: str, train: Cases, folds: Folds) -> Predict:
        return ridge(name, replace(train, signs=signs if name == "measures" else ()), folds)

    return fit


def power_curve(
    rows: Mapping[str, Floats],
    task: Task,
    classes: tuple[str, ...],
    draws: int,
    seed: int,
    *,
    fit: Fit = ridge,
    pairs: Sequence[tuple[str, str]] = (),
    tested: NDArray[np.bool_] | None = None,
) -> list[Point]:
    """Fit on few patients, score on the others.

    Parameters
    ----------
    rows : mapping of str to (n_images, n_features) array
        What is compared, "measures" among them.
    task : Task
        Target and patient of each image.
    classes : tuple of str
        Labels, positive first.
    draws : int
        In all; a fifth of them in each fold, at least one.
    seed : int
        Deals the folds, draws the patients and resamples.
    fit : Fit
        The shipped classifier, if none is given.
    pairs : sequence of (str, str)
        What is subtracted from what; none: the measures minus each of the others.
    tested : (n_images,) bool array, optional
        The images that may be tested on; all may be trained on.
    """
    found = {name: Cases(one, task, classes) for name, one in rows.items()}
    labels = list(next(iter(found.values())).labels)
    dealt = make_folds(range(len(labels)), task.patients, labels, seed, "power", 1, TEST_FOLDS)
    plan = _Plan(dealt.tests, tested, max(1, draws // TEST_FOLDS), seed, fit, tuple(pairs))
    sizes = [size for size in SIZES if size <= _fewest(next(iter(found.values())), dealt.tests)]
    points = [_point(found, plan, size) for size in sizes]
    return [*points, _point(found, replace(plan, per_fold=1), None)]


@dataclass(frozen=True)
class _Plan:
    """What is the same for every size."""

    tests: NDArray[np.bool_]
    tested: NDArray[np.bool_] | None
    per_fold: int
    seed: int
    fit: Fit
    pairs: tuple[tuple[str, str], ...]

    def subtracted(self, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return what is subtracted from what, by its name on the page."""
        if self.pairs:
            return {f"{one} - {other}": (one, other) for one, other in self.pairs}
        return {name: ("measures", name) for name in names if name != "measures"}


def _fewest(cases: Cases, tests: NDArray[np.bool_]) -> int:
    return min(len(group) for test in tests for group in members(cases.select(~test)))


def members(cases: Cases) -> list[NDArray[np.str_]]:
    """Return the patients of each class, sorted."""
    patients, target = np.array(cases.task.patients), cases.task.target
    return [np.unique(patients[target == one]) for one in np.unique(target)]


def _point(found: Mapping[str, Cases], plan: _Plan, size: int | None) -> Point:
    folds = {
        name: [_scored_fold(name, cases, plan, place, size) for place in range(len(plan.tests))]
        for name, cases in found.items()
    }
    samples = {name: _resampled(one, plan.seed) for name, one in folds.items()}
    return Point(
        size,
        plan.per_fold * len(plan.tests),
        {name: _estimate(one) for name, one in samples.items()},
        {
            key: _estimate(samples[one] - samples[other])
            for key, (one, other) in plan.subtracted(list(folds)).items()
        },
    )


def _scored_fold(name: str, cases: Cases, plan: _Plan, place: int, size: int | None) -> _Fold:
    test = plan.tests[place]
    dev, held = cases.select(~test), cases.select(test if plan.tested is None else test & plan.tested)
    found = []
    for draw in range(plan.per_fold):
        rng = np.random.default_rng([plan.seed, place, draw])
        # The whole order is drawn before it is cut, so a smaller draw is part of a larger one.
        drawn = np.concatenate([rng.permutation(group)[:size] for group in members(dev)])
        found.append(_wins(_fitted(name, dev.select(np.isin(dev.task.patients, drawn)), held, plan.fit)))
    return _Fold({pair: np.stack([one[pair] for one in found]) for pair in found[0]})


def _fitted(name: str, train: Cases, held: Cases, fit: Fit) -> Scored:
    n_folds = min(N_FOLDS, *map(len, members(train)))
    folds = make_folds(
        range(len(train.rows)), train.task.patients, list(train.labels), 0, "power", 1, n_folds
    )
    return per_patient(held, fit(name, train, folds)(held.rows))


def _wins(scored: Scored) -> dict[tuple[int, int], Floats]:
    labels, chances = scored.labels, scored.probabilities
    found = {}
    for one, other in combinations(range(len(scored.classes)), 2):
        first, second = (chances[labels == scored.classes[place]] for place in (one, other))
        found[one, other] = 0.5 * (
            _above(first[:, one], second[:, one]) + _above(second[:, other], first[:, other]).T
        )
    return found


def _above(high: Floats, low: Floats) -> Floats:
    gap = high[:, None] - low[None, :]
    return np.asarray((gap > 0) + 0.5 * (gap == 0), dtype=np.float64)


def _resampled(folds: list[_Fold], seed: int) -> Floats:
    """Return the mean AUC as observed, then `RESAMPLED` times with patients and draws drawn again."""
    return np.array([_mean_auc(folds, None if n == 0 else [seed, n]) for n in range(RESAMPLED + 1)])


def _mean_auc(folds: list[_Fold], seed: list[int] | None) -> float:
    aucs = []
    for place, fold in enumerate(folds):
        weights = _weights(fold, None if seed is None else np.random.default_rng([*seed, place]))
        aucs.append(np.mean([_weighted(wins, pair, weights) for pair, wins in fold.wins.items()]))
    return float(np.mean(aucs))


def _weights(fold: _Fold, rng: np.random.Generator | None) -> dict[int, Floats]:
    """Return how often each test patient of each class counts; under -1, each draw."""
    sizes = {-1: next(iter(fold.wins.values())).shape[0]}
    for (one, other), wins in fold.wins.items():
        sizes |= {one: wins.shape[1], other: wins.shape[2]}
    if rng is None:
        return {key: np.full(n, 1 / n) for key, n in sizes.items()}
    return {key: rng.multinomial(n, np.full(n, 1 / n)) / n for key, n in sizes.items()}


def _weighted(wins: Floats, pair: tuple[int, int], weights: dict[int, Floats]) -> float:
    return float(weights[pair[0]] @ np.tensordot(weights[-1], wins, 1) @ weights[pair[1]])


def _estimate(samples: Floats) -> Estimate:
    low, high = np.percentile(samples[1:], [2.5, 97.5])
    return Estimate(round(float(samples[0]), 4), round(float(low), 4), round(float(high), 4))
