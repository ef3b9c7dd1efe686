"""Ridge or forest, decided on development folds: the ridge stays unless the forest is clearly better."""

from dataclasses import dataclass

import numpy as np

from scafe.evals.scoring.cases import Cases, Rows, Scored, per_patient
from scafe.evals.scoring.ensemble.forest import Forest, fit_forest
from scafe.evals.scoring.score import cross_validate
from scafe.evals.scoring.splits import Folds
from scafe.evals.scoring.stats import ResampledTest, corrected_test

REPEATS = 4
"""Repeats of the folds on which both are fitted: a forest takes a hundred times as long as a ridge."""


@dataclass(frozen=True)
class Choice:
    """Both classifiers on the same folds, and which one it is."""

    forest: Forest
    """Grown on all cases."""
    aucs: Rows
    """(n_folds,) of the forest."""
    ridge_aucs: Rows
    """(n_folds,) of the ridge, each fold choosing its own penalty."""
    held_out: Scored
    """What the forest says of patients it was not grown on."""
    test: ResampledTest
    """Forest minus ridge."""
    leads: bool
    """Whether the forest is ahead by more than one corrected standard error."""


def choose_classifier(cases: Cases, columns: tuple[str, ...], folds: Folds, seed: int) -> Choice:
    """Fit both on the same folds; the forest leads if it is ahead by more than one corrected standard error.

    Parameters
    ----------
    cases : Cases
        The development part.
    columns : tuple of str
        Names of the features.
    folds : Folds
        Over the same images.
    seed : int
        Of the forest.

    References
    ----------
    .. [1] Nadeau and Bengio (2003), Inference for the Generalization Error, Machine Learning 52,
       239-281, doi:10.1023/A:1024068626366 (the standard error of resampled folds).
    """
    few = Folds(folds.ids, folds.fold[:REPEATS], folds.n_folds)
    aucs, held_out = forest_by_folds(cases, columns, few, seed)
    ridge = cross_validate(cases.rows, cases.task, few, signs=cases.signs).fold_aucs
    test = corrected_test(aucs - ridge, 1 / (few.n_folds - 1))
    forest = fit_forest(cases, columns, seed)
    return Choice(forest, aucs, ridge, held_out, test, leads=test.mean > max(test.se, 1e-9))


def forest_by_folds(cases: Cases, columns: tuple[str, ...], folds: Folds, seed: int) -> tuple[Rows, Scored]:
    """Return the within-fold AUCs of a forest, and its probabilities out of fold, mean over repeats."""
    aucs, sums = [], np.zeros((len(cases.rows), len(cases.classes)))
    for test in folds.tests:
        held = cases.select(test)
        found = fit_forest(cases.select(~test), columns, seed).probabilities(held.rows)
        aucs.append(per_patient(held, found).auc)
        sums[test] += found
    return np.array(aucs), per_patient(cases, sums / folds.n_repeats)
