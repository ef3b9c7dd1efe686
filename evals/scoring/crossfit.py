"""Out-of-fold probabilities of the shipped classifier: what thresholds and development figures rest on."""

from dataclasses import dataclass

import numpy as np

from scafe.evals.scoring.cases import Cases, Rows
from scafe.evals.scoring.classifier import fit_at_penalty
from scafe.evals.scoring.splits import Folds


@dataclass(frozen=True)
class CrossFit:
    """What the classifier says about images it was not fitted on."""

    probabilities: Rows
    """(n_images, n_classes) mean over repeats; columns in the order of `classes`."""
    coefficients: Rows
    """(n_folds, n_features) log-odds of the positive class per standard deviation."""


def crossfit(cases: Cases, folds: Folds, penalty: float) -> CrossFit:
    """Fit on the complement of each test fold and predict the fold.

    Parameters
    ----------
    cases : Cases
    folds : Folds
        Over the same images, in the same order.
    penalty : float
        Inverse penalty C of every fit.
    """
    sums = np.zeros((len(cases.rows), len(cases.classes)))
    coefficients = []
    columns = tuple(str(number) for number in range(cases.rows.shape[1]))
    for test in folds.tests:
        model = fit_at_penalty(cases.select(~test), columns, penalty)
        sums[test] += model.probabilities(cases.rows[test])
        coefficients.append(model.coefficients)
    return CrossFit(sums / folds.n_repeats, np.array(coefficients))
