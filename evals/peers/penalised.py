"""Ridge logistic regression for a peer: the classifier that ScaFE's own features get, also on wide tables.

A network gives a thousand numbers for forty images. The ridge then has the same solution in the space that
the images span, which is at most as wide as there are images. Its numbers have one scale and are divided by
one number: column by column, ten images would blow up units that are nearly always zero (melanoma or naevus,
5 patients a class, EfficientNet-Lite0 on the crop: AUC .57 so, .70 with one scale).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.evals.peers.peer import Rows, Sample, Train
from scafe.evals.scoring.classifier import Classifier, fit_at_penalty, fit_classifier
from scafe.evals.scoring.ridge import fit_ridge_logistic, log_losses, sigmoid
from scafe.evals.scoring.score import PENALTIES
from scafe.evals.scoring.splits import N_FOLDS, Folds, make_folds
from scafe.evals.scoring.threads import one_thread

WIDE = 150
"""Columns from which the space that the images span is used: Newton's steps cost their cube."""


@dataclass(frozen=True)
class Narrow:
    """The shipped classifier on one view."""

    key: str
    model: Classifier

    def predict(self, sample: Sample) -> Rows:
        """Return probabilities."""
        return self.model.probabilities(sample[self.key])


@dataclass(frozen=True)
class Wide:
    """The same objective, solved in the space that the training images span."""

    key: str
    penalty: float
    medians: Rows
    means: Rows
    scale: float
    """One for all columns."""
    axes: Rows
    """(n_numbers, r) orthonormal directions."""
    beta: Rows
    """(n_codes, 1 + r)."""

    def predict(self, sample: Sample) -> Rows:
        """Return probabilities."""
        rows = _centred(sample[self.key], self.medians, self.means, self.scale) @ self.axes
        return chances((np.column_stack([np.ones(len(rows)), rows]) @ self.beta.T).T)


def fit_ridge(train: Train, key: str) -> Narrow | Wide:
    """Fit the ridge on one view, its penalty chosen on inner folds by patient.

    References
    ----------
    .. [1] Hastie and Tibshirani (2004), Efficient quadratic regularization for expression arrays,
       Biostatistics 5(3), 329-340, doi:10.1093/biostatistics/kxh010 (the ridge in the span of the rows).
    """
    if train[key].shape[1] < WIDE:
        columns = tuple(str(number) for number in range(train[key].shape[1]))
        return Narrow(key, fit_classifier(train.cases(key), columns, inner_folds(train)))
    return _fit_wide(train, key)


def refit_ridge(train: Train, fitted: Narrow | Wide) -> Narrow | Wide:
    """Fit the same ridge on other patients, with the penalty that is chosen already."""
    if isinstance(fitted, Narrow):
        model = fit_at_penalty(train.cases(fitted.key), fitted.model.columns, fitted.model.penalty)
        return Narrow(fitted.key, model)
    return _fit_wide(train, fitted.key, fitted.penalty)


def inner_folds(train: Train) -> Folds:
    """Deal the training patients to at most five folds, never more than the smallest class has patients."""
    patients = np.array(train.patients)
    smallest = min(len(set(patients[train.labels == one])) for one in set(train.labels))
    n_folds = max(2, min(N_FOLDS, smallest))
    return make_folds(range(len(train)), train.patients, list(train.labels), 0, "compare", 1, n_folds)


def chances(logits: Rows) -> Rows:
    """Turn (n_codes, n) log-odds into (n, n_classes) probabilities, positive first."""
    if len(logits) == 1:
        return np.stack([sigmoid(logits[0]), sigmoid(-logits[0])], axis=1)
    each = sigmoid(logits).T
    return np.asarray(each / each.sum(axis=1, keepdims=True))


def _fit_wide(train: Train, key: str, penalty: float | None = None) -> Wide:
    rows = train[key]
    medians = np.nan_to_num(_medians(rows))
    filled = np.where(np.isnan(rows), medians, rows)
    means = filled.mean(axis=0)
    scale = float(np.sqrt(filled.var(axis=0).mean())) or 1.0
    with one_thread():
        _, sizes, axes = np.linalg.svd((filled - means) / scale, full_matrices=False)
        axes = axes[sizes > 1e-9 * max(sizes[0], 1e-300)].T
        design = np.column_stack([np.ones(len(rows)), ((filled - means) / scale) @ axes])
        chosen = _penalty(design, train) if penalty is None else penalty
        ones, codes = np.ones((1, len(design))), train.task.codes
        beta = fit_ridge_logistic(design[None], ones, codes, np.full(len(codes), chosen))[0]
    return Wide(key, chosen, medians, means, scale, axes, beta)


def _penalty(design: Rows, train: Train) -> float:
    """Choose the inverse penalty by the log loss over inner folds; ties go to the stronger ridge."""
    codes, folds = train.task.codes, inner_folds(train)
    weights = (~folds.tests).astype(np.float64)
    targets, strengths = np.tile(codes, (len(PENALTIES), 1)), np.repeat(PENALTIES, len(codes))
    designs = np.broadcast_to(design, (len(weights), *design.shape))
    logits = fit_ridge_logistic(np.ascontiguousarray(designs), weights, targets, strengths) @ design.T
    losses = log_losses(logits, targets[None]) * folds.tests[:, None, :]
    best = int(np.argmin(losses.sum(axis=(0, 2)).reshape(len(PENALTIES), -1).sum(axis=1).round(9)))
    return PENALTIES[best]


def _centred(rows: Rows, medians: Rows, means: Rows, scale: float) -> Rows:
    return np.asarray((np.where(np.isnan(rows), medians, rows) - means) / scale)


def _medians(rows: Rows) -> NDArray[np.float64]:
    measured = ~np.isnan(rows).all(axis=0)
    found = np.full(rows.shape[1], np.nan)
    found[measured] = np.nanmedian(rows[:, measured], axis=0)
    return found
