"""Criteria features and appearance under one ridge: blocks of columns side by side, none chosen by a label.

The ridge has the same solution in the space that the images span, which is at most as wide as there are
images, so a network's thousand numbers cost no more than a dozen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from scafe.evals.scoring.cases import Cases
from scafe.evals.scoring.classifier import Classifier, Rows, level_chances, rebuilt
from scafe.evals.scoring.ridge import Signs, fit_ridge_logistic, log_losses, sigmoid, stretch
from scafe.evals.scoring.score import PENALTIES, ROUNDING, Task
from scafe.evals.scoring.splits import Folds
from scafe.evals.scoring.threads import one_thread
from scafe.evals.stored.saved_model import Linear, SavedModel


@dataclass(frozen=True)
class Block:
    """Columns that are of one kind."""

    columns: tuple[str, ...]
    one_scale: bool = False
    """Whether all are divided by one number: units of a network that are nearly always zero would be blown up
    column by column (see `scafe.evals.peers.penalised`)."""
    weight: float = 1.0
    """Length of a standardised column; the penalty of its coefficients is 1 / weight²."""
    signs: Signs = ()
    """What is declared of each column (`scafe.evals.scoring.ridge`); (): no prior."""


@dataclass(frozen=True)
class Joined:
    """Numbers of a ridge over blocks of columns."""

    blocks: tuple[Block, ...]
    classes: tuple[str, ...]
    is_ordinal: bool
    penalty: float
    """Inverse penalty C that the inner folds chose."""
    medians: Rows
    means: Rows
    scales: Rows
    """(n_columns,) what a column is divided by."""
    weights: Rows
    """(n_codes, n_columns) log-odds per scale, one row per code of the task."""
    intercepts: Rows
    images: int
    """That it was fitted on."""

    def probabilities(self, rows: Rows) -> Rows:
        """Return (n_images, n_classes), columns in the order of `classes`."""
        logits = self.weights @ _standard(rows, self.medians, self.means, self.scales).T
        chances = sigmoid(logits + self.intercepts[:, None]).T
        if self.is_ordinal:
            return level_chances(chances)
        if len(self.classes) == 2:
            return np.column_stack([chances, 1 - chances])
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def classifier(self) -> Classifier:
        """Return the same as the classifier that a bundle holds."""
        names = [str(step) for step in range(len(self.weights))] if self.is_ordinal else list(self.classes)
        signs = [1.0] * len(self.weights)
        if len(self.classes) == 2 and self.classes[0] < self.classes[1]:
            signs = [-1.0]  # scikit-learn's second class in the order of the alphabet is its positive one
        models = {
            name: Linear(weights=tuple((sign * row).tolist()), intercept=float(sign * intercept))
            for name, sign, row, intercept in zip(names, signs, self.weights, self.intercepts, strict=False)
        }
        order = tuple(names) if self.is_ordinal else tuple(sorted(self.classes))
        return rebuilt(
            SavedModel(
                classes=self.classes,
                columns=tuple(name for block in self.blocks for name in block.columns),
                penalty=self.penalty,
                is_ordinal=self.is_ordinal,
                medians=tuple(self.medians.tolist()),
                means=tuple(self.means.tolist()),
                scales=tuple(self.scales.tolist()),
                variances=tuple((self.scales**2).tolist()),
                images=self.images,
                models=tuple(models[name] for name in order if name in models),
                order=order,
            )
        )


def side_by_side(
    criteria: tuple[str, ...], appearance: tuple[str, ...], *, one_scale: bool, signs: Signs = ()
) -> tuple[Block, Block]:
    """Return the two blocks, so weighted that each has the same variance in all.

    Without weights the wider block decides: beside 1,280 numbers of a network, 32 criteria features added
    .01 to .05 of AUC on melanoma against naevus or keratosis, with weights .07 to .20 (benchmarks/truths.md).

    References
    ----------
    .. [1] Gönen and Alpaydın (2011), Multiple kernel learning algorithms, Journal of Machine Learning
       Research 12, 2211-2268, https://jmlr.org/papers/v12/gonen11a.html (the unweighted sum of normalised
       kernels).
    """
    weight = (len(criteria) / len(appearance)) ** 0.5 if criteria and appearance else 1.0
    return Block(criteria, signs=signs), Block(appearance, one_scale, weight)


def fit_joined(cases: Cases, blocks: Sequence[Block], folds: Folds, penalty: float | None = None) -> Joined:
    """Fit one ridge over all blocks, its penalty chosen by the log loss over patient-grouped folds.

    Parameters
    ----------
    cases : Cases
        Columns of the blocks side by side, NaN where missing.
    blocks : sequence of Block
        In the order of the columns.
    folds : Folds
        Inner folds over the same images; their first repeat is taken.
    penalty : float, optional
        An inverse penalty C that is already chosen.

    References
    ----------
    .. [1] Hastie and Tibshirani (2004), Efficient quadratic regularization for expression arrays,
       Biostatistics 5(3), 329-340, doi:10.1093/biostatistics/kxh010 (the ridge in the span of the rows).
    """
    medians, means, scales = _scaling(cases.rows, blocks)
    along = _along(blocks)
    standard = _standard(cases.rows, medians, means, scales) @ along
    with one_thread():
        axes = _span(standard)
        design = np.column_stack([np.ones(len(standard)), standard @ axes])
        chosen = _choose(design, cases.task, folds) if penalty is None else penalty
        codes = cases.task.codes
        beta = fit_ridge_logistic(design[None], np.ones((1, len(design))), codes, np.full(len(codes), chosen))
    return Joined(
        blocks=tuple(blocks),
        classes=cases.classes,
        is_ordinal=cases.task.is_ordinal,
        penalty=chosen,
        medians=medians,
        means=means,
        scales=scales,
        weights=beta[0, :, 1:] @ axes.T @ along,
        intercepts=beta[0, :, 0],
        images=len(cases.rows),
    )


def _scaling(rows: Rows, blocks: Sequence[Block]) -> tuple[Rows, Rows, Rows]:
    """Return medians, means and scales of the columns."""
    medians = np.zeros(rows.shape[1])
    measured = ~np.isnan(rows).all(axis=0)
    medians[measured] = np.nanmedian(rows[:, measured], axis=0)
    filled = np.where(np.isnan(rows), medians, rows)
    means, spreads = filled.mean(axis=0), filled.std(axis=0)
    scales, start = np.ones(rows.shape[1]), 0
    for block in blocks:
        here = slice(start, start + len(block.columns))
        start = here.stop
        own = spreads[here]
        # a column without spread, but for rounding, keeps its scale, as in scikit-learn's StandardScaler
        own = np.where(own > ROUNDING * np.abs(means[here]), own, 1.0)
        if block.one_scale:
            own = np.full(len(own), float(np.sqrt((spreads[here] ** 2).mean())) or 1.0)
        scales[here] = own / block.weight
    return medians, means, scales


def _standard(rows: Rows, medians: Rows, means: Rows, scales: Rows) -> Rows:
    return np.asarray((np.where(np.isnan(rows), medians, rows) - means) / scales)


def _along(blocks: Sequence[Block]) -> Rows:
    """Return the (n_columns, n_columns) map that gives each block its prior; it is symmetric."""
    return np.asarray(block_diag(*(_map(block) for block in blocks)))


def _map(block: Block) -> Rows:
    found = stretch(block.signs)
    return np.eye(len(block.columns)) if found is None else found


def _span(standard: Rows) -> Rows:
    """Return (n_columns, r) orthonormal directions that the images span."""
    _, sizes, axes = np.linalg.svd(standard, full_matrices=False)
    return np.asarray(axes[sizes > 1e-9 * max(float(sizes[0]), 1e-300)].T)


def _choose(design: Rows, task: Task, folds: Folds) -> float:
    """Choose the inverse penalty; ties go to the stronger ridge."""
    tests = folds.tests[: folds.n_folds]
    codes = task.codes
    targets, strengths = np.tile(codes, (len(PENALTIES), 1)), np.repeat(PENALTIES, len(codes))
    losses = np.zeros(len(targets))
    for test in tests:  # one after the other: a wide table stands in memory once
        beta = fit_ridge_logistic(design[None], (~test).astype(np.float64)[None], targets, strengths)[0]
        losses += log_losses(beta @ design[test].T, targets[:, test]).sum(axis=1)
    totals = losses.reshape(len(PENALTIES), -1).sum(axis=1)
    return PENALTIES[int(np.argmin(totals.round(9)))]
