"""Whether a feature answers to another criterion than its own, told by experts' scores of both."""

import math
from collections.abc import Sequence

import numpy as np

from scafe.evals.experts.scores import CriterionScores, Floats
from scafe.sandbox.probes.agreement import spearman

CLEARLY = 2.8
"""Standard errors by which another criterion must be ahead: of 400 features at n = 40 that follow their own
of six criteria or none, 17 are called strays at 2 and none at 2.8; of 160 true strays 151 are found."""
LEAST = 20
"""Images or patients below which nothing is said."""


def strays_to(values: Floats, own: CriterionScores, others: Sequence[CriterionScores], sign: int = 1) -> str:
    """Return the other criterion that a feature follows clearly better than its own; '' if none.

    Both rank correlations are of the same feature on the same images, so their difference is tested as that
    of dependent correlations; the scale with more levels is held to what the coarser one allows. In its own
    criterion a feature must run the way it declares; in another either way counts.

    Parameters
    ----------
    values : (n,) array
        NaN where missing.
    own, others : CriterionScores
        Of the same n images.
    sign : {1, -1}
        -1 if the feature falls as its criterion grows.

    References
    ----------
    .. [1] Meng, Rosenthal and Rubin (1992), Comparing correlated correlation coefficients, Psychological
       Bulletin 111, 172-175, doi:10.1037/0033-2909.111.1.172.
    """
    mine = sign * own.amount
    found = {one.criterion: _ahead(values, mine, one.amount) for one in others}
    best = max(found, key=lambda name: found[name], default="")
    return best if best and found[best] > CLEARLY else ""


def _ahead(values: Floats, own: Floats, other: Floats) -> float:
    """Return by how many standard errors `other` is followed more closely than `own`; at most 0 if not."""
    both = np.isfinite(values) & np.isfinite(own) & np.isfinite(other)
    number = int(both.sum())
    if number < LEAST:
        return 0.0
    x, first, second = values[both], own[both], other[both]
    turned = second if spearman(x, second) >= 0 else -second
    coarser = _most(first) / _most(turned)  # two levels cannot be followed as closely as ten
    theirs = spearman(x, turned) * min(1.0, coarser)
    mine = spearman(x, first) * min(1.0, 1 / coarser)
    if theirs * math.sqrt(number - 1) <= CLEARLY or theirs <= mine:
        return 0.0
    return _dependent_z(theirs, mine, spearman(first, turned), number)


def _most(scores: Floats) -> float:
    """Return the largest rank correlation that a feature without ties can have with scores of few levels."""
    number, ties = len(scores), np.unique(scores, return_counts=True)[1].astype(np.float64)
    share = float((ties**3 - ties).sum()) / (number**3 - number)
    return math.sqrt(max(1 - share, 1e-9))


def _dependent_z(larger: float, smaller: float, between: float, number: int) -> float:
    mean_square = min((larger**2 + smaller**2) / 2, 0.999)
    shared = min((1 - between) / (2 * (1 - mean_square)), 1.0)
    stretch = (1 - shared * mean_square) / (1 - mean_square)
    gap = math.atanh(min(larger, 0.999)) - math.atanh(max(min(smaller, 0.999), -0.999))
    return gap * math.sqrt((number - 3) / max(2 * (1 - between) * stretch, 1e-9))
