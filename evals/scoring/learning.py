"""How the score grows with patients, beside the baseline: same draws, same test patients."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.evals.scoring.assessment import short
from scafe.evals.scoring.cases import Cases, per_patient
from scafe.evals.scoring.classifier import fit_classifier
from scafe.evals.scoring.headline import LearningPoint
from scafe.evals.scoring.splits import N_FOLDS, Folds, make_folds

SIZES = (5, 10, 20, 40)
"""Patients per class; a last point takes all there are."""
DRAWS = 20
FOLD_DRAWS = 4
"""Draws in each fold, where folds take the place of a held-out test set."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pair:
    """The same features on the development part and on the headline patients."""

    dev: Cases
    test: Cases


def learning_curve(ours: Pair, simple: Pair, mode: str, seed: int) -> tuple[LearningPoint, ...]:
    """Fit both classifiers on nested draws of development patients and score both on the test patients.

    Parameters
    ----------
    ours, simple : Pair
        ScaFE's features and the baseline's, on the same images.
    mode : str
        Feedback mode of the run. Where labels steered (gated), every development label counts as touched
        whatever a point was fitted on: the features have seen them.
    seed : int
        Draws the patients; the draws are nested, and the same for both.
    """
    members = _members(ours.dev)
    fewest = min(len(group) for group in members)
    sizes = [size for size in SIZES if size < fewest]
    everyone = sum(len(group) for group in members)
    points = []
    for size in sizes:
        draws = [_drawn(members, size, seed, draw) for draw in range(DRAWS)]
        touched = everyone if mode == "gated" else size * len(members)
        points.append(_point(ours, simple, draws, size, touched))
    points.append(_point(ours, simple, [np.concatenate(members)], fewest, everyone))
    return tuple(points)


def folded_learning_curve(ours: Cases, simple: Cases, folds: Folds, seed: int) -> tuple[LearningPoint, ...]:
    """Do as `learning_curve` does where nothing is sealed: every fold is the test patients once.

    Honest in blind mode alone, in which no label chose a feature. A class with fewer patients than a point
    asks for gives all it has: a set that is too small to seal has classes of a handful.

    Parameters
    ----------
    ours, simple : Cases
        ScaFE's features and the baseline's, on the same images.
    folds : Folds
        Their first repeat is taken.
    seed : int
        Draws the patients.

    Returns
    -------
    tuple of LearningPoint
        Means over folds and draws; the last point takes, outside each fold, all there are.
    """
    tests = folds.tests[: folds.n_folds]
    pairs = tuple([Pair(one.select(~test), one.select(test)) for test in tests] for one in (ours, simple))
    most = max(len(group) for pair in pairs[0] for group in _members(pair.dev))
    sizes = [*(size for size in SIZES if size < most), most]
    return tuple(
        _folded_point(pairs[0], pairs[1], size, 1 if size == most else FOLD_DRAWS, seed) for size in sizes
    )


def _folded_point(ours: list[Pair], simple: list[Pair], size: int, draws: int, seed: int) -> LearningPoint:
    tries = [
        (place, _drawn(_members(pair.dev), size, seed, draw))
        for place, pair in enumerate(ours)
        for draw in range(draws)
    ]
    first, second = (
        np.array([_score(pairs[place], drawn) for place, drawn in tries]) for pairs in (ours, simple)
    )
    return _summary(first, second, size, max(len(drawn) for _, drawn in tries))


def _members(cases: Cases) -> list[NDArray[np.str_]]:
    """Patients of each class, sorted."""
    patients, target = np.array(cases.task.patients), cases.task.target
    return [np.unique(patients[target == one]) for one in np.unique(target)]


def _drawn(members: list[NDArray[np.str_]], size: int, seed: int, draw: int) -> NDArray[np.str_]:
    rng = np.random.default_rng([seed, 11, draw])
    # The whole order is drawn before it is cut, so a smaller draw is part of a larger one.
    return np.concatenate([rng.permutation(group)[:size] for group in members])


def _point(ours: Pair, simple: Pair, draws: list[NDArray[np.str_]], size: int, touched: int) -> LearningPoint:
    first = np.array([_score(ours, drawn) for drawn in draws])
    second = np.array([_score(simple, drawn) for drawn in draws])
    return _summary(first, second, size, touched)


def _summary(first: Floats, second: Floats, size: int, touched: int) -> LearningPoint:
    gain = first - second
    return LearningPoint(
        patients_per_class=size,
        labels_touched=touched,
        draws=len(first),
        auc=short(first.mean()),
        sd=_spread(first),
        baseline_auc=short(second.mean()),
        baseline_sd=_spread(second),
        difference=short(gain.mean()),
        difference_sd=_spread(gain),
    )


def _score(pair: Pair, drawn: NDArray[np.str_]) -> float:
    cases = pair.dev.select(np.isin(pair.dev.task.patients, drawn))
    n_folds = min(N_FOLDS, *map(len, _members(cases)))  # outside a fold the smallest class may have four left
    folds = make_folds(
        range(len(cases.rows)), cases.task.patients, list(cases.labels), 0, "learning", 1, n_folds
    )
    model = fit_classifier(cases, tuple(str(n) for n in range(cases.rows.shape[1])), folds)
    return per_patient(pair.test, model.probabilities(pair.test.rows)).auc


def _spread(values: Floats) -> float:
    return short(values.std(ddof=1)) if len(values) > 1 else 0.0
