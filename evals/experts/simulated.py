"""Raters whose truth is known: they see a dial of a phantom with an error of their own, and call a level."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scafe.evals.experts.agreement import rater_agreement
from scafe.evals.experts.scores import CriterionScores, Floats

STEPS = 24
"""Halvings of the error: finer than any kappa of a hundred images."""
WIDEST = 8.0
"""Largest error, in standard deviations of the dial: kappa is about .01 there."""


def simulated_scores(
    criterion: str, truth: Floats, levels: Sequence[float], kappa: float, *, raters: int = 2, seed: int = 0
) -> CriterionScores:
    """Draw scores of raters who agree with one another by about `kappa` (quadratically weighted).

    Parameters
    ----------
    criterion : str
    truth : (n_images,) array
        The dial that the criterion is.
    levels : sequence of float
        The scale's levels, lowest first; each is called for about as many images.
    kappa : float
        Wanted mean over pairs of raters, above 0 and below 1.
    raters : int
        At least 2.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.random.default_rng(0).normal(size=200)
    >>> found = simulated_scores("height", truth, (0, 1, 2, 3), 0.6)
    >>> round(rater_agreement(found).kappa, 1)
    0.6
    """
    spread = (truth - truth.mean()) / truth.std()
    errors = np.random.default_rng(seed).normal(size=(len(truth), raters))
    names = tuple(f"r{number + 1}" for number in range(raters))
    drawn = CriterionScores(criterion, names, np.empty((len(truth), raters)))
    low, high = 0.0, WIDEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        drawn = replace(drawn, scores=_called(spread[:, None] + middle * errors, levels))
        low, high = (middle, high) if rater_agreement(drawn).kappa > kappa else (low, middle)
    return drawn


def _called(seen: Floats, levels: Sequence[float]) -> Floats:
    """Cut what each rater sees at the quantiles that give every level as many images."""
    shares = np.linspace(0, 1, len(levels) + 1)[1:-1]
    given = np.asarray(levels, dtype=np.float64)
    columns = [given[np.searchsorted(np.quantile(one, shares), one)] for one in seen.T]
    return np.stack(columns, axis=1)
