"""Many ridge logistic regressions on the same rows at once, by Newton's method.

The objective is scikit-learn's, ½|w|² + C Σ loss with a free intercept, so a score found here is the
score of the frozen classifier; the tests hold the two together.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAX_STEPS = 60
TOLERANCE = 1e-10
"""Largest entry of a Newton step, relative to the coefficients, at which a fit has arrived."""


def fit_ridge_logistic(design: Floats, targets: Floats, penalties: Floats) -> Floats:
    """Fit one regression per row of `targets`, all on the same rows of `design`.

    Parameters
    ----------
    design : (n, p + 1) array
        Standardised features behind a column of ones, which is not penalised.
    targets : (b, n) array
        0 or 1.
    penalties : (b,) array
        Inverse penalties C, as in scikit-learn.

    Returns
    -------
    (b, p + 1) array
        Intercept and coefficients.

    References
    ----------
    .. [1] le Cessie and van Houwelingen (1992), Ridge Estimators in Logistic Regression,
       Applied Statistics 41(1), 191-201, doi:10.2307/2347628.
    """
    ridge = np.repeat(1 / penalties[:, None], design.shape[1], axis=1)
    ridge[:, 0] = 0.0
    beta = np.zeros_like(ridge)
    logits = np.zeros_like(targets)
    losses = _losses(logits, targets, beta, ridge)
    going = np.arange(len(targets))
    for _ in range(MAX_STEPS):
        step = _newton_step(design, targets[going], logits[going], beta[going], ridge[going])
        moved = _take(going, step, design, targets, ridge, beta, logits, losses)
        going = going[moved > TOLERANCE * (1 + np.abs(beta[going]).max(axis=1))]
        if not len(going):
            break
    return beta


def sigmoid(logits: Floats) -> Floats:
    """Return 1 / (1 + exp(-logits)) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))


def log_losses(logits: Floats, targets: Floats) -> Floats:
    """Return -log P(target) of each case."""
    return np.logaddexp(0.0, logits) - targets * logits


def _newton_step(design: Floats, targets: Floats, logits: Floats, beta: Floats, ridge: Floats) -> Floats:
    chance = sigmoid(logits)
    gradient = (chance - targets) @ design + ridge * beta
    weighted = (chance * (1 - chance))[:, :, None] * design[None]
    hessian = design.T @ weighted
    diagonal = np.arange(design.shape[1])
    hessian[:, diagonal, diagonal] += ridge + 1e-12
    return np.asarray(np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0])


def _take(
    going: NDArray[np.int64],
    step: Floats,
    design: Floats,
    targets: Floats,
    ridge: Floats,
    beta: Floats,
    logits: Floats,
    losses: Floats,
) -> Floats:
    # A full step may overshoot on nearly separable data: halve it where the loss would rise.
    scale = np.ones(len(going))
    for _ in range(30):
        trial = beta[going] - scale[:, None] * step
        trial_logits = trial @ design.T
        found = _losses(trial_logits, targets[going], trial, ridge[going])
        worse = found > losses[going] + 1e-9 * (1 + np.abs(losses[going]))
        if not worse.any():
            break
        scale[worse] /= 2
    beta[going], logits[going], losses[going] = trial, trial_logits, found
    return np.asarray(np.abs(scale[:, None] * step).max(axis=1))


def _losses(logits: Floats, targets: Floats, beta: Floats, ridge: Floats) -> Floats:
    return np.asarray(log_losses(logits, targets).sum(axis=1) + 0.5 * (ridge * beta**2).sum(axis=1))
