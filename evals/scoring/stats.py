"""Statistics of small studies: AUC with its interval, paired differences, corrected resampled tests.

Each formula is checked in the tests against a slow one written another way.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PAIRS = 10_000
"""Pairs up to which comparing all of them is faster than ranking (a fold of 100 + 100)."""


@dataclass(frozen=True)
class Interval:
    """A value with its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PairedDifference:
    """Difference of two AUCs on the same cases, first minus second."""

    value: float
    se: float
    low: float
    high: float
    p: float
    """Two-sided."""


@dataclass(frozen=True)
class ResampledTest:
    """Mean difference over the folds of a repeated cross-validation, and its corrected test."""

    mean: float
    se: float
    p: float
    """One-sided: how likely a mean this high is if there is no gain."""


def auc(scores: Floats, positive: Bools) -> float:
    """Return the area under the ROC curve: P(positive scores higher) + half of the ties.

    Parameters
    ----------
    scores : (n,) array
        Higher means more positive.
    positive : (n,) bool array

    Returns
    -------
    float
        In [0, 1]; NaN if a class is missing.
    """
    n_pos = int(positive.sum())
    n_neg = len(positive) - n_pos
    if not n_pos or not n_neg:
        return float("nan")
    if n_pos * n_neg <= PAIRS:
        gap = scores[positive][:, None] - scores[~positive][None, :]
        return float((np.count_nonzero(gap > 0) + 0.5 * np.count_nonzero(gap == 0)) / (n_pos * n_neg))
    ranks = stats.rankdata(scores)
    return float((ranks[positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))


def newcombe_interval(value: float, n_pos: int, n_neg: int, level: float = 0.95) -> Interval:
    """Return the score interval of one AUC.

    Unlike Wald's it stays within [0, 1] and covers .947-.969 at every size tried (12 to 96 cases), where
    DeLong's falls to .78-.92 below 24.

    Parameters
    ----------
    value : float
        Observed AUC, in [0, 1].
    n_pos, n_neg : int
        Patients of each class.
    level : float
        Coverage asked for.

    References
    ----------
    .. [1] Newcombe (2006), Confidence intervals for an effect size measure based on the Mann-Whitney
       statistic, part 2 (method 5), Statistics in Medicine 25, 559-573, doi:10.1002/sim.2324.
    .. [2] Hanley and McNeil (1982), Radiology 143, 29-36, doi:10.1148/radiology.143.1.7063747.
    """
    z = float(stats.norm.ppf(0.5 + level / 2))

    def outside(theta: float) -> float:
        return (value - theta) ** 2 - z**2 * _hanley_mcneil(theta, n_pos, n_neg)

    low = 0.0 if outside(0.0) <= 0 else _crossing(outside, 0.0, value)
    high = 1.0 if outside(1.0) <= 0 else _crossing(outside, 1.0, value)
    return Interval(value, low, high)


def auc_variance(scores: Floats, positive: Bools) -> float:
    """Return the variance of one AUC by DeLong's placements.

    References
    ----------
    .. [1] DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, doi:10.2307/2531595.
    """
    return _placement_variance(placements(scores, positive), positive)


def delong(first: Floats, second: Floats, positive: Bools, level: float = 0.95) -> PairedDifference:
    """Compare two scores of the same cases by DeLong's test.

    Parameters
    ----------
    first, second : (n,) arrays
        Scores by two methods; one row per patient.
    positive : (n,) bool array

    References
    ----------
    .. [1] DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, doi:10.2307/2531595.
    """
    value = auc(first, positive) - auc(second, positive)
    change = placements(first, positive) - placements(second, positive)
    se = math.sqrt(_placement_variance(change, positive))
    z = float(stats.norm.ppf(0.5 + level / 2))
    p = 2 * float(stats.norm.sf(abs(value) / se)) if se > 0 else float(value == 0)
    return PairedDifference(value, se, value - z * se, value + z * se, p)


def placements(scores: Floats, positive: Bools) -> Floats:
    """Return, for each case, the share of the other class that it is on the right side of (ties half)."""
    overall = stats.rankdata(scores)
    own = np.empty_like(overall)
    own[positive] = stats.rankdata(scores[positive])
    own[~positive] = stats.rankdata(scores[~positive])
    n_pos = int(positive.sum())
    n_neg = len(positive) - n_pos
    return np.asarray(np.where(positive, (overall - own) / n_neg, 1 - (overall - own) / n_pos))


def corrected_test(differences: Floats, test_to_train: float) -> ResampledTest:
    """Test whether the mean difference over resampled folds is above zero.

    The folds share cases, so their plain standard error is far too small (nominal .05, true .63-.69);
    the correction adds the ratio of test to training size (true .08-.16: still exploratory).

    Parameters
    ----------
    differences : (repeats * folds,) array
        Paired differences on identical folds.
    test_to_train : float
        Test size over training size, 1 / (folds - 1) in cross-validation.

    References
    ----------
    .. [1] Nadeau and Bengio (2003), Inference for the Generalization Error, Machine Learning 52,
       239-281, doi:10.1023/A:1024068626366.
    .. [2] Bouckaert and Frank (2004), Evaluating the Replicability of Significance Tests, PAKDD,
       doi:10.1007/978-3-540-24775-3_3.
    """
    mean = float(differences.mean())
    se = math.sqrt((1 / len(differences) + test_to_train) * float(differences.var(ddof=1)))
    if se < 1e-12:  # identical features on identical folds
        return ResampledTest(mean, 0.0, 0.0 if mean > 1e-12 else 1.0)
    return ResampledTest(mean, se, float(stats.t.sf(mean / se, len(differences) - 1)))


def winsorised(values: Floats, tail: float = 0.05) -> Floats:
    """Pull values beyond the 5th and 95th percentile in, so that fewer than 5 % of patients cannot move them.

    NaN stays NaN.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return values
    low, high = np.quantile(finite, [tail, 1 - tail])
    return np.clip(values, low, high)


def _hanley_mcneil(theta: float, n_pos: int, n_neg: int) -> float:
    pairs = (n_pos + n_neg) / 2 - 1
    spread = 1 + pairs * (1 - theta) / (2 - theta) + pairs * theta / (1 + theta)
    return theta * (1 - theta) * spread / (n_pos * n_neg)


def _crossing(function: Callable[[float], float], outer: float, inner: float) -> float:
    # `outside` is positive at the outer end and not above zero at the observed value.
    for _ in range(80):
        middle = (outer + inner) / 2
        outer, inner = (middle, inner) if function(middle) > 0 else (outer, middle)
    return (outer + inner) / 2


def _placement_variance(values: Floats, positive: Bools) -> float:
    parts = (values[positive], values[~positive])
    return sum(float(part.var(ddof=1)) / len(part) if len(part) > 1 else 0.0 for part in parts)
