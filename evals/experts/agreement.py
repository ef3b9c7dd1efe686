"""How far a feature agrees with experts' scores, beside how far the experts agree among themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from scafe.evals.experts.scores import CriterionScores, Floats
from scafe.evals.scoring.stats import auc, newcombe_interval

LEAST = 10
"""Scored images below which no agreement is told."""
Kind = Literal["spearman", "auc"]


@dataclass(frozen=True)
class Agreement:
    """One feature against the experts' mean score of one criterion."""

    criterion: str
    feature: str
    is_own: bool
    """Whether the feature claims this criterion."""
    kind: Kind
    """auc where the scores have two levels, else Spearman's ρ."""
    value: float
    """In the feature's declared direction; .5 (auc) or 0 (ρ) is chance. NaN below 10 images."""
    low: float
    high: float
    kappa: float
    """Quadratically weighted κ on the second half of the patients, cut to the levels' shares in the first."""
    images: int
    """With both a value and a score."""

    @property
    def strength(self) -> float:
        """The same for both kinds: -1 to 1, 0 is chance."""
        return self.value if self.kind == "spearman" else 2 * self.value - 1


@dataclass(frozen=True)
class RaterAgreement:
    """The raters of one criterion among themselves."""

    criterion: str
    raters: int
    kappa: float
    """Mean over pairs of quadratically weighted κ; NaN for one rater."""
    images: int


def rater_agreement(scores: CriterionScores) -> RaterAgreement:
    """Return the mean quadratically weighted κ over pairs of raters.

    References
    ----------
    .. [1] Cohen (1968), Weighted kappa, Psychological Bulletin 70, 213-220, doi:10.1037/h0026256.
    """
    pairs = [
        weighted_kappa(scores.scores[:, one], scores.scores[:, two], is_named=scores.is_named)
        for one in range(len(scores.raters))
        for two in range(one + 1, len(scores.raters))
    ]
    known = [value for value in pairs if not np.isnan(value)]
    scored = int((~np.isnan(scores.scores)).any(axis=1).sum())
    kappa = float(np.mean(known)) if known else float("nan")
    return RaterAgreement(scores.criterion, len(scores.raters), kappa, scored)


def chance_warnings(raters: Iterable[RaterAgreement]) -> tuple[str, ...]:
    """Say which raters agree no better than chance, and what to do about it."""
    return tuple(
        f"the raters of {one.criterion} agree no better than chance (kappa {one.kappa:.2f}), so no feature "
        "can agree with them: look whether their columns belong to the same images and run the same way, or "
        "pass them over with --ignore-columns"
        for one in raters
        if one.raters > 1 and one.kappa <= 0
    )


def weighted_kappa(one: Floats, two: Floats, *, is_named: bool = False) -> float:
    """Return quadratically weighted κ of two columns of levels; NaN where either is missing or constant.

    Plain κ where levels are names: no two of them are further apart than others.
    """
    both = ~np.isnan(one) & ~np.isnan(two)
    levels = np.unique(np.concatenate([one[both], two[both]]))
    if both.sum() < LEAST or len(np.unique(one[both])) < 2 or len(np.unique(two[both])) < 2:
        return float("nan")
    first, second = (np.searchsorted(levels, side[both]) for side in (one, two))
    return float(cohen_kappa_score(first, second, weights=None if is_named else "quadratic"))


def agreement(
    values: Floats,
    scores: CriterionScores,
    patients: Sequence[str],
    feature: str,
    *,
    sign: int = 1,
    is_own: bool = True,
) -> Agreement:
    """Set one feature's values beside the experts' mean scores (see `CriterionScores.amount`).

    Parameters
    ----------
    values : (n_images,) array
        NaN where the feature is missing.
    scores : CriterionScores
    patients : sequence of str
        Halves for κ are made of whole patients, in the order of their names.
    feature : str
    sign : {1, -1}
        -1 if the feature falls as the criterion grows.
    is_own : bool
        Whether the feature claims this criterion.

    References
    ----------
    .. [1] Bonett and Wright (2000), Sample size requirements for estimating Pearson, Kendall and Spearman
       correlations, Psychometrika 65, 23-28, doi:10.1007/BF02294183: interval of ρ.
    .. [2] Newcombe (2006), Statistics in Medicine 25, 559-573, doi:10.1002/sim.2324: interval of the AUC.
    """
    expert = scores.amount
    both = ~np.isnan(values) & ~np.isnan(expert)
    x, y = sign * values[both], expert[both]
    kind: Kind = "auc" if len(np.unique(y)) == 2 else "spearman"
    value, low, high = _auc(x, y) if kind == "auc" else _spearman(x, y)
    kappa = _kappa(x, y, [one for one, kept in zip(patients, both, strict=True) if kept])
    return Agreement(scores.criterion, feature, is_own, kind, value, low, high, kappa, int(both.sum()))


def _auc(x: Floats, y: Floats) -> tuple[float, float, float]:
    positive: NDArray[np.bool_] = y == y.max()
    if len(y) < LEAST or positive.all():
        return float("nan"), float("nan"), float("nan")
    found = newcombe_interval(auc(x, positive), int(positive.sum()), int((~positive).sum()))
    return found.value, found.low, found.high


def _spearman(x: Floats, y: Floats) -> tuple[float, float, float]:
    if len(y) < LEAST or len(np.unique(x)) < 2 or len(np.unique(y)) < 2:
        return float("nan"), float("nan"), float("nan")
    rho = float(stats.spearmanr(x, y).statistic)
    reach = 1.96 * np.sqrt((1 + rho**2 / 2) / (len(y) - 3))
    middle = np.arctanh(np.clip(rho, -0.9999, 0.9999))
    return rho, float(np.tanh(middle - reach)), float(np.tanh(middle + reach))


def _kappa(x: Floats, y: Floats, patients: Sequence[str]) -> float:
    """Cut a feature at the quantiles that give the first half of patients the experts' shares of levels."""
    order = sorted(set(patients))
    first = set(order[::2])
    is_first = np.array([one in first for one in patients], dtype=bool)
    if min(is_first.sum(), (~is_first).sum()) < LEAST:
        return float("nan")
    rounded = np.round(y)
    levels = np.unique(rounded[is_first])
    shares = np.cumsum([(rounded[is_first] == level).mean() for level in levels])[:-1]
    cuts = np.quantile(x[is_first], np.clip(shares, 0, 1))
    given = levels[np.searchsorted(cuts, x[~is_first], side="right")]
    return weighted_kappa(given, rounded[~is_first])


def as_plain(one: Agreement | RaterAgreement) -> dict[str, Any]:
    """Return a record for JSON; NaN becomes null."""
    return {
        name: None if isinstance(value, float) and np.isnan(value) else value
        for name, value in asdict(one).items()
    }
