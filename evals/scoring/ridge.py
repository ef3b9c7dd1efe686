"""Many ridge logistic regressions at once, by Newton's method: one per training set, penalty and target.

The objective is scikit-learn's, ½|w|² + C Σ loss with a free intercept, so a score found here is the
score of the frozen classifier; the tests hold the two together.

What criteria declare of the classes is a prior of the ridge. A pack says whether a criterion is expected
higher or lower in the positive class, and an extractor how its feature moves with the criterion; their
product is a sign per feature, known before any label. Under the prior, coefficients are one common effect
times the signs, plus deviations of their own, both of one spread. With few patients the common effect
decides (its limit is Dawes's unit weights), with many the labels do. It may come out negative: turning all
signs changes nothing.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Signs = tuple[int, ...]
"""+1: declared higher in the first class, -1: lower, 0: not stated; one per column. (): no prior."""
FEWEST_SIGNED = 2
"""Columns from which there is something in common."""

MAX_STEPS = 60
MAX_HALVINGS = 30
AT_ONCE = 250_000
"""Numbers of weighted rows that stand in memory at a time, if those of one penalty are not more."""
TOLERANCE = 1e-9
"""Largest entry of a Newton step, relative to the coefficients, at which a fit has arrived; the error
left is of the order of its square."""


def fit_ridge_logistic(designs: Floats, weights: Floats, targets: Floats, penalties: Floats) -> Floats:
    """Fit every pair of training set and penalty.

    Parameters
    ----------
    designs : (g, n, p + 1) array
        Standardised features behind a column of ones, which is not penalised; one per training set.
    weights : (g, n) array
        1 for a row of the training set, 0 for one outside.
    targets : (b, n) array
        0 or 1.
    penalties : (b,) array
        Inverse penalties C, as in scikit-learn; the b-th goes with the b-th target.

    Returns
    -------
    (g, b, p + 1) array
        Intercepts and coefficients.

    References
    ----------
    .. [1] le Cessie and van Houwelingen (1992), Ridge Estimators in Logistic Regression,
       Applied Statistics 41(1), 191-201, doi:10.2307/2347628.
    """
    fits = _Fits(designs, weights, targets, penalties)
    for _ in range(MAX_STEPS):
        if not fits.advance():
            break
    return fits.beta.reshape(len(designs), len(targets), -1)


def stretch(signs: Signs) -> Floats | None:
    """Return the map of standardised columns under which a plain ridge has the declared prior.

    The prior's covariance is, up to a factor, `I + s sᵀ`; this is its symmetric square root. A ridge on
    `Z @ stretch` with coefficients `b` is a ridge on `Z` with coefficients `stretch @ b` under that prior.

    Parameters
    ----------
    signs : tuple of int
        One per column, as `Signs` says.

    Returns
    -------
    (p, p) array, without unit; None if fewer than two columns are signed: the plain ridge.

    References
    ----------
    .. [1] Dawes (1979), The robust beauty of improper linear models in decision making, American
       Psychologist 34(7), 571-582, doi:10.1037/0003-066X.34.7.571 (unit weights).
    .. [2] Lindley and Smith (1972), Bayes estimates for the linear model, Journal of the Royal Statistical
       Society B 34(1), 1-18, doi:10.1111/j.2517-6161.1972.tb00885.x (exchangeable coefficients).

    Examples
    --------
    >>> found = stretch((1, -1, 0))
    >>> (found @ found).round(9).tolist()
    [[2.0, -1.0, 0.0], [-1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    >>> stretch((1, 0)) is None
    True
    """
    column = np.array(signs, dtype=np.float64)
    signed = float(np.abs(column).sum())
    if signed < FEWEST_SIGNED:
        return None
    return np.asarray(np.eye(len(column)) + (np.sqrt(1 + signed) - 1) / signed * np.outer(column, column))


def stretched(standard: Floats, signs: Signs) -> Floats:
    """Return standardised columns (n, p) as the ridge with this prior takes them."""
    along = stretch(signs)
    return standard if along is None else np.asarray(standard @ along)


def unstretched(weights: Floats, signs: Signs) -> Floats:
    """Return coefficients (…, p) of stretched columns as those of the standardised columns."""
    along = stretch(signs)
    return weights if along is None else np.asarray(weights @ along)


def sigmoid(logits: Floats) -> Floats:
    """Return 1 / (1 + exp(-logits)) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))


def log_losses(logits: Floats, targets: Floats) -> Floats:
    """Return -log P(target) of each case."""
    # log(1 + exp(x)) by its two halves: np.logaddexp is six times slower.
    return np.maximum(logits, 0.0) + np.log1p(np.exp(-np.abs(logits))) - targets * logits


class _Fits:
    """State of g × b regressions; a training set is left alone once all of its fits have arrived."""

    def __init__(self, designs: Floats, weights: Floats, targets: Floats, penalties: Floats) -> None:
        self.designs, self.weights, self.targets = designs, weights[:, None, :], targets[None]
        self.ridge = np.repeat(1 / penalties[:, None], designs.shape[2], axis=1)
        self.ridge[:, 0] = 0.0
        self.beta = np.zeros((len(designs), *self.ridge.shape))
        self.logits = np.zeros((len(designs), *targets.shape))
        self.losses = self._losses(np.arange(len(designs)), self.logits, self.beta)
        self.going = np.arange(len(designs))

    def advance(self) -> bool:
        """Take one Newton step where a fit has not arrived; return whether any is left."""
        moved = self._take(self._step())
        size = 1 + np.abs(self.beta[self.going]).max(axis=2)
        self.going = self.going[(moved > TOLERANCE * size).any(axis=1)]
        return bool(len(self.going))

    def _step(self) -> Floats:
        designs, weights, beta = (part[self.going] for part in (self.designs, self.weights, self.beta))
        chance = sigmoid(self.logits[self.going])
        gradient = ((chance - self.targets) * weights) @ designs + self.ridge * beta
        hessian = _hessians(designs, chance * (1 - chance) * weights)
        diagonal = np.arange(designs.shape[2])
        hessian[:, :, diagonal, diagonal] += self.ridge + 1e-12
        return np.asarray(np.linalg.solve(hessian, gradient[..., None])[..., 0])

    def _take(self, step: Floats) -> Floats:
        # A full step may overshoot on nearly separable data: halve it where the loss would rise.
        going, scale = self.going, np.ones((*step.shape[:2], 1))
        for _ in range(MAX_HALVINGS):
            trial = self.beta[going] - scale * step
            logits = trial @ self.designs[going].transpose(0, 2, 1)
            losses = self._losses(going, logits, trial)
            worse = losses > self.losses[going] + 1e-9 * (1 + np.abs(self.losses[going]))
            if not worse.any():
                break
            scale[worse] /= 2
        self.beta[going], self.logits[going], self.losses[going] = trial, logits, losses
        return np.asarray(np.abs(scale * step).max(axis=2))

    def _losses(self, going: NDArray[np.int64], logits: Floats, beta: Floats) -> Floats:
        losses = log_losses(logits, self.targets) * self.weights[going]
        return np.asarray(losses.sum(axis=2) + 0.5 * (self.ridge * beta**2).sum(axis=2))


def _hessians(designs: Floats, bends: Floats) -> Floats:
    # One training set at a time: its rows stay in the cache for all of its penalties (measured: the
    # same product over all sets at once is twice as slow at n = 400, a table of products six times).
    found = [_hessians_of(rows, bend) for rows, bend in zip(designs, bends, strict=True)]
    return np.stack(found)


def _hessians_of(rows: Floats, bends: Floats) -> Floats:
    if bends.size * rows.shape[1] <= AT_ONCE:
        return np.asarray(rows.T @ (bends[:, :, None] * rows))
    return np.stack([rows.T @ (bend[:, None] * rows) for bend in bends])
