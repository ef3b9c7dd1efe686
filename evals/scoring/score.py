"""How well a set of features tells patients apart: repeated, patient-grouped, nested cross-validation.

Median imputation, scaling and ridge logistic regression, each fitted on training patients alone. The
penalty of an outer fold is chosen by the log loss over the other folds of the same repeat, so training
sets are shared: 10 pairs of folds instead of 20 per repeat. The score is the mean AUC *within* folds
(out-of-fold scores pooled over folds are biased low: .478 at n = 40 on pure noise).
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from scafe.evals.scoring.ridge import Signs, fit_ridge_logistic, log_losses, sigmoid, stretched
from scafe.evals.scoring.splits import Folds
from scafe.evals.scoring.stats import auc
from scafe.evals.scoring.threads import one_thread

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

PENALTIES = tuple(10.0**power for power in range(-4, 3))
"""Inverse penalties C, strongest first."""


ROUNDING = 1e-9
"""Spread over mean up to which a column is taken for constant: what sums in another order differ by."""
BATCH = 25
"""Training sets that are fitted together at most."""
AT_ONCE = 250_000
"""Numbers in the largest table of a fit, if one training set alone has not more: 2 MB, and some ten such
tables stand at a time. At n = 20,000 all training sets at once held 110 MB more."""


@dataclass(frozen=True)
class Task:
    """What is to be told apart, one entry per item."""

    target: Ints
    """(n,) two classes: 1 is the positive one; more: position in `classes`; ordinal: rank, 0 the lowest."""
    patients: tuple[str, ...]
    n_classes: int = 2
    is_ordinal: bool = False

    @cached_property
    def codes(self) -> Floats:
        """(t, n) the 0/1 targets that are fitted: one for two classes, one against the rest, or one per step.

        References
        ----------
        .. [1] Frank and Hall (2001), A Simple Approach to Ordinal Classification, ECML,
           doi:10.1007/3-540-44795-4_13.
        """
        if self.n_classes == 2:
            return np.asarray(self.target[None, :] == 1, dtype=np.float64)
        if self.is_ordinal:
            return np.asarray(self.target[None, :] > np.arange(self.n_classes - 1)[:, None], dtype=np.float64)
        return np.asarray(self.target[None, :] == np.arange(self.n_classes)[:, None], dtype=np.float64)

    @cached_property
    def patient_numbers(self) -> Ints:
        """(n,) a number per patient."""
        return np.asarray(np.unique(np.array(self.patients), return_inverse=True)[1], dtype=np.int64)

    def permuted(self, seed: int) -> "Task":
        """Return the task with labels permuted among patients: the null control."""
        first = dict(zip(reversed(self.patients), reversed(self.target), strict=True))
        names = sorted(first)
        order = np.random.default_rng(seed).permutation(len(names))
        dealt = {patient: first[names[other]] for patient, other in zip(names, order, strict=True)}
        target = np.array([dealt[patient] for patient in self.patients], dtype=np.int64)
        return Task(target, self.patients, self.n_classes, self.is_ordinal)


@dataclass(frozen=True)
class CVScore:
    """Outcome of one repeated cross-validation."""

    fold_aucs: Floats
    """(repeats * folds,) within-fold AUC by patient; macro one-vs-one, or concordance if ordinal."""
    penalties: Floats
    """(repeats * folds,) inverse penalty that the inner folds chose."""

    @property
    def auc(self) -> float:
        """Mean within-fold AUC, over the folds in which it exists.

        Folds are drawn so that each holds every class; permuted labels may leave one without.
        """
        return float(np.nanmean(self.fold_aucs))


def cross_validate(
    rows: Floats,
    task: Task,
    folds: Folds,
    penalties: tuple[float, ...] = PENALTIES,
    signs: Signs = (),
) -> CVScore:
    """Score a set of features.

    Parameters
    ----------
    rows : (n, p) array
        NaN where not measurable; p may be 0 (every AUC is then .5).
    task : Task
        Targets and patients of the same n items.
    folds : Folds
        Fixed for a run, so that two sets are compared on identical folds.
    penalties : tuple of float
        Inverse penalties to choose from; one alone is taken as it is.
    signs : tuple of int
        What is declared of each column (`scafe.evals.scoring.ridge`); (): a plain ridge.

    Returns
    -------
    CVScore
    """
    if not rows.shape[1]:
        constant = np.full(folds.n_repeats * folds.n_folds, 0.5)
        return CVScore(constant, np.full(len(constant), penalties[0]))
    with one_thread():
        chosen = _choose_penalties(rows, task, folds, penalties, signs)
        aucs = _test_aucs(rows, task, folds.tests, chosen, signs)
    return CVScore(aucs, chosen)


def choose_penalty(
    rows: Floats,
    task: Task,
    folds: Folds,
    penalties: tuple[float, ...] = PENALTIES,
    signs: Signs = (),
) -> float:
    """Choose one penalty for all items by the log loss over the first repeat; ties go to the ridge."""
    tests, size = folds.tests[: folds.n_folds], _together(rows, task, penalties)
    losses = []
    with one_thread():
        for some in (tests[start : start + size] for start in range(0, len(tests), size)):
            models = _fit(rows, task, ~some, penalties, signs)
            losses += [models.losses(place, task, test) for place, test in enumerate(some)]
    return _best(np.mean(losses, axis=0), penalties)


def fitted_logits(rows: Floats, task: Task, others: Floats, penalty: float) -> Floats:
    """Fit on all items and return the log-odds of other cases, (m,); two classes only."""
    both = np.concatenate([rows, others])
    train = np.arange(len(both)) < len(rows)
    design = _design(both, train)
    with one_thread():
        beta = fit_ridge_logistic(
            design[None, train], np.ones((1, len(rows))), task.codes, np.array([penalty])
        )
    return np.asarray(design[~train] @ beta[0, 0])


def _choose_penalties(
    rows: Floats, task: Task, folds: Folds, penalties: tuple[float, ...], signs: Signs
) -> Floats:
    if len(penalties) == 1:
        return np.full(folds.n_repeats * folds.n_folds, penalties[0])
    chosen = []
    pairs = list(combinations(range(folds.n_folds), 2))
    for fold in folds.fold:
        losses = np.zeros((folds.n_folds, len(penalties)))
        for some in _parts(pairs, _together(rows, task, penalties)):
            outs = np.array([(fold == one) | (fold == other) for one, other in some])
            models = _fit(rows, task, ~outs, penalties, signs)
            for place, (one, other) in enumerate(some):
                losses[one] += models.losses(place, task, fold == other)
                losses[other] += models.losses(place, task, fold == one)
        chosen += [_best(row, penalties) for row in losses]
    return np.array(chosen)


def _together(rows: Floats, task: Task, penalties: tuple[float, ...]) -> int:
    """Return how many training sets are fitted at once; the values of a fit do not depend on it."""
    table: int = len(rows) * max(rows.shape[1] + 1, len(penalties) * len(task.codes))
    return max(1, min(BATCH, AT_ONCE // max(table, 1)))


def _parts(pairs: list[tuple[int, int]], size: int) -> list[list[tuple[int, int]]]:
    return [pairs[start : start + size] for start in range(0, len(pairs), size)]


def _best(losses: Floats, penalties: tuple[float, ...]) -> float:
    return penalties[int(np.argmin(np.round(losses, 12)))]


def _test_aucs(rows: Floats, task: Task, tests: Bools, penalties: Floats, signs: Signs) -> Floats:
    aucs = np.empty(len(tests))
    for penalty in map(float, np.unique(penalties)):
        own = np.flatnonzero(penalties == penalty)
        for places in np.array_split(own, -(-len(own) // _together(rows, task, (penalty,)))):
            models = _fit(rows, task, ~tests[places], (penalty,), signs)
            for model, place in enumerate(places):
                aucs[place] = _test_auc(models.logits[model, 0], task, tests[place])
    return aucs


def _test_auc(logits: Floats, task: Task, test: Bools) -> float:
    scores, target, where = logits[:, test], task.target[test], task.patient_numbers[test]
    if len(np.unique(where)) == len(where):
        return discrimination(scores, target, task)
    _, first, where = np.unique(where, return_index=True, return_inverse=True)
    sums = np.zeros((len(scores), len(first)))
    np.add.at(sums.T, where, scores.T)
    return discrimination(sums / np.bincount(where), target[first], task)


def discrimination(logits: Floats, target: Ints, task: Task) -> float:
    """Return the AUC of two classes, the macro mean over pairs of more, or the concordance of levels.

    Parameters
    ----------
    logits : (t, m) array
        One row per code of the task.
    target : (m,) int array

    References
    ----------
    .. [1] Hand and Till (2001), Machine Learning 45, 171-186, doi:10.1023/A:1010920819831.
    .. [2] Harrell et al. (1982), Evaluating the Yield of Medical Tests, JAMA 247, 2543-2546,
       doi:10.1001/jama.1982.03320430047030.
    """
    if task.n_classes == 2:
        return auc(logits[0], target == 1)
    if task.is_ordinal:
        # made to fall from step to step, so that they are chances of levels, as in the frozen classifier
        return _concordance(np.minimum.accumulate(sigmoid(logits), axis=0).sum(axis=0), target)
    chances = sigmoid(logits) / sigmoid(logits).sum(axis=0)
    pairs = [_pair_auc(chances, target, i, j) for i, j in combinations(range(task.n_classes), 2)]
    return float(np.nanmean(pairs))


def _pair_auc(chances: Floats, target: Ints, one: int, other: int) -> float:
    both = (target == one) | (target == other)
    first = auc(chances[one][both], target[both] == one)
    second = auc(chances[other][both], target[both] == other)
    return (first + second) / 2


def _concordance(scores: Floats, target: Ints) -> float:
    higher = target[:, None] > target[None, :]
    gap = scores[:, None] - scores[None, :]
    return float(((gap > 0) + 0.5 * (gap == 0))[higher].mean()) if higher.any() else float("nan")


@dataclass(frozen=True)
class _Models:
    """What models fitted on several training sets say of every item."""

    logits: Floats
    """(training sets, penalties, codes, n)."""

    def losses(self, place: int, task: Task, test: Bools) -> Floats:
        """Return the mean log loss on some items, one per penalty."""
        found = log_losses(self.logits[place][:, :, test], task.codes[None][:, :, test])
        return np.asarray(found.mean(axis=(1, 2)))


def _fit(rows: Floats, task: Task, trains: Bools, penalties: tuple[float, ...], signs: Signs) -> _Models:
    designs = np.stack([_design(rows, train, signs) for train in trains])
    targets = np.tile(task.codes, (len(penalties), 1))
    strengths = np.repeat(penalties, len(task.codes))
    beta = fit_ridge_logistic(designs, trains.astype(np.float64), targets, strengths)
    logits = beta @ designs.transpose(0, 2, 1)
    return _Models(logits.reshape(len(trains), len(penalties), len(task.codes), -1))


def _design(rows: Floats, train: Bools, signs: Signs = ()) -> Floats:
    inside = rows[train]
    missing = np.isnan(rows)
    if missing.any():
        medians = _medians(inside)
        rows = np.where(missing, medians, rows)
        inside = rows[train]
    means, scales = inside.mean(axis=0), inside.std(axis=0)
    # A column without spread, but for rounding, keeps its scale, as in scikit-learn's StandardScaler.
    scales = np.where(scales > ROUNDING * np.abs(means), scales, 1.0)
    return np.concatenate([np.ones((len(rows), 1)), stretched((rows - means) / scales, signs)], axis=1)


def _medians(rows: Floats) -> Floats:
    missing = np.isnan(rows)
    medians = np.zeros(rows.shape[1])
    for column in np.flatnonzero(~missing.all(axis=0)):
        medians[column] = np.median(rows[~missing[:, column], column])
    return medians
