"""What probabilities are worth beside the truth: curves, calibration, calls at a fixed threshold."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve

from scafe.evals.scoring.cases import Scored
from scafe.evals.scoring.headline import Calibration, CalibrationBin, Cut, Difference, Estimate, NetBenefit
from scafe.evals.scoring.stats import delong, newcombe_interval

Floats = NDArray[np.float64]
DRAWS = 2000
AT_ONCE = 1_000_000
"""Ranks that are permuted at once: 16 MB, where 6,000 patients took 190."""
MANY_DRAWS = 500
"""Permutations, and draws of an interval, for more than two classes: each costs a macro AUC."""
N_BINS = 5
MIN_FOR_BINS = 50
"""Patients below which five bins say nothing."""
BENEFIT_AT = tuple(round(0.05 * step, 2) for step in range(1, 16))
"""Probabilities at which a decision curve is read: .05 to .75."""


def estimate_auc(scored: Scored, seed: int) -> Estimate:
    """Return the AUC by patient with its 95 % interval: Newcombe's; resampled for more than two classes."""
    if len(scored.classes) == 2:
        n_pos = int(scored.positive.sum())
        found = newcombe_interval(scored.auc, n_pos, len(scored.positive) - n_pos)
        return estimate(found.value, found.low, found.high)
    return _resampled(scored, seed, lambda one: one.auc)


def compare(first: Scored, second: Scored, seed: int) -> Difference:
    """Compare two scores of the same patients: DeLong's test, or resampled for more than two classes."""
    if len(first.classes) == 2:
        found = delong(first.chances, second.chances, first.positive)
        auc = estimate(found.value, found.low, found.high)
        return Difference(auc=auc, p=short(found.p), method="DeLong, paired by patient")
    paired = Scored(first.task, first.classes, np.hstack([first.probabilities, second.probabilities]))
    auc = _resampled(paired, seed, _difference)
    return Difference(auc=auc, p=None, method=f"bootstrap over patients, {MANY_DRAWS} draws")


def call(scored: Scored, threshold: float) -> Cut:
    """Count what is called: the positive class from the threshold on, or the likeliest of more than two."""
    classes = scored.classes
    if len(classes) == 2:
        called = np.where(scored.chances >= threshold, classes[0], classes[1])
    else:
        called = np.array(classes)[scored.probabilities.argmax(axis=1)]
    labels = scored.labels
    confusion = {
        true: {said: int(((labels == true) & (called == said)).sum()) for said in classes} for true in classes
    }
    recall = {true: short(row[true] / max(1, sum(row.values()))) for true, row in confusion.items()}
    shares = [float((labels == one).mean()) for one in classes]
    return Cut(
        threshold=threshold,
        confusion=confusion,
        recall=recall,
        balanced_accuracy=short(float(np.mean(list(recall.values())))),
        accuracy=short(float((called == labels).mean())),
        majority=short(max(shares)),
    )


def brier(scored: Scored) -> float:
    """Return the mean squared error of the probabilities (of two classes, of the positive one).

    References
    ----------
    .. [1] Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather
       Review 78(1), 1-3, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    return _squared_error(scored, scored.probabilities)


def brier_skill(scored: Scored, shares: Floats) -> float:
    """Return 1 minus the Brier score over that of always giving the class shares of development."""
    return 1 - brier(scored) / _squared_error(scored, np.tile(shares, (len(scored.probabilities), 1)))


def roc_points(scored: Scored) -> tuple[tuple[float, float], ...]:
    """Return the corners of the ROC curve of the positive class against the rest."""
    false, true, _ = roc_curve(scored.positive, scored.chances)
    return tuple((short(x), short(y)) for x, y in zip(false, true, strict=True))


def calibrate(scored: Scored) -> Calibration:
    """Measure calibration of the positive class: in the large, slope, and five bins of equal mass.

    References
    ----------
    .. [1] Cox (1958), Two further applications of a model for binary regression, Biometrika 45,
       562-565, doi:10.1093/biomet/45.3-4.562.
    .. [2] Van Calster et al. (2019), Calibration: the Achilles heel of predictive analytics, BMC
       Medicine 17, 230, doi:10.1186/s12916-019-1466-7.
    """
    chances, positive = scored.chances, scored.positive
    odds = logit(np.clip(chances, 1e-9, 1 - 1e-9))
    if np.ptp(odds) < 1e-9 or positive.all() or not positive.any():
        return Calibration(intercept=None, slope=None, bins=())
    model = LogisticRegression(C=np.inf).fit(odds[:, np.newaxis], positive)
    return Calibration(
        intercept=short(_calibration_in_the_large(odds, positive)),
        slope=short(float(model.coef_[0, 0])),
        bins=_bins(chances, positive) if len(chances) >= MIN_FOR_BINS else (),
    )


def net_benefit(model: Scored, baseline: Scored) -> tuple[NetBenefit, ...]:
    """Return the decision curves of model, baseline and treating all.

    References
    ----------
    .. [1] Vickers and Elkin (2006), Decision Curve Analysis, Medical Decision Making 26(6), 565-574,
       doi:10.1177/0272989X06295361.
    """
    every = np.ones(len(model.positive))
    return tuple(
        NetBenefit(
            threshold=at,
            model=_benefit(model.chances, model.positive, at),
            baseline=_benefit(baseline.chances, baseline.positive, at),
            treat_all=_benefit(every, model.positive, at),
        )
        for at in BENEFIT_AT
    )


def permutation_p(scored: Scored, seed: int) -> float:
    """Return the share of label permutations among patients that score as high, the observed one counted.

    References
    ----------
    .. [1] Phipson and Smyth (2010), Permutation P-values Should Never Be Zero, Statistical
       Applications in Genetics and Molecular Biology 9(1), 39, doi:10.2202/1544-6115.1585.
    """
    observed = scored.auc
    permuted = _permuted_pairs(scored, seed) if len(scored.classes) == 2 else _permuted_many(scored, seed)
    return short((1 + int((permuted >= observed - 1e-12).sum())) / (1 + len(permuted)))


def estimate(value: float, low: float, high: float) -> Estimate:
    """Round a value and its interval to what a reader can use."""
    return Estimate(value=short(value), low=short(low), high=short(high))


def short(value: float) -> float:
    """Six decimals: what a reader can use, and no last bits that another BLAS would change."""
    return round(float(value), 6)


def _permuted_pairs(scored: Scored, seed: int) -> Floats:
    """AUC of two classes under permuted labels, many draws at once: the sum of the positives' ranks."""
    rng = np.random.default_rng(seed)
    ranks, n_pos = rankdata(scored.chances), int(scored.positive.sum())
    step = max(1, AT_ONCE // len(ranks))
    drawn = np.concatenate(
        [
            rng.permuted(np.tile(ranks, (min(step, DRAWS - 1 - first), 1)), axis=1)[:, :n_pos].sum(axis=1)
            for first in range(0, DRAWS - 1, step)
        ]
    )
    found: Floats = (drawn - n_pos * (n_pos + 1) / 2) / (n_pos * (len(ranks) - n_pos))
    return found


def _permuted_many(scored: Scored, seed: int) -> Floats:
    tasks = [scored.task.permuted(seed + draw) for draw in range(1, MANY_DRAWS)]
    return np.array([Scored(task, scored.classes, scored.probabilities).auc for task in tasks])


def _difference(paired: Scored) -> float:
    width = len(paired.classes)
    first, second = paired.probabilities[:, :width], paired.probabilities[:, width:]
    return Scored(paired.task, paired.classes, first).auc - Scored(paired.task, paired.classes, second).auc


def _resampled(scored: Scored, seed: int, measure: Callable[[Scored], float]) -> Estimate:
    """Percentile interval over draws of patients within their class."""
    rng = np.random.default_rng(seed)
    target = scored.task.target
    members = [np.flatnonzero(target == one) for one in np.unique(target)]
    found = []
    for _ in range(MANY_DRAWS):
        drawn = np.concatenate([rng.choice(group, len(group)) for group in members])
        found.append(measure(_taken(scored, drawn)))
    low, high = np.quantile(found, [0.025, 0.975])
    return estimate(measure(scored), low, high)


def _taken(scored: Scored, drawn: NDArray[np.int64]) -> Scored:
    task = type(scored.task)(
        scored.task.target[drawn], tuple(map(str, drawn)), scored.task.n_classes, scored.task.is_ordinal
    )
    return Scored(task, scored.classes, scored.probabilities[drawn])


def _squared_error(scored: Scored, probabilities: Floats) -> float:
    if len(scored.classes) == 2:
        return float(np.mean((probabilities[:, 0] - scored.positive) ** 2))
    truth = scored.labels[:, np.newaxis] == np.array(scored.classes)
    return float(np.mean(((probabilities - truth) ** 2).sum(axis=1)))


def _calibration_in_the_large(odds: Floats, positive: NDArray[np.bool_]) -> float:
    """Shift of the log-odds that makes the mean probability right, by bisection."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        too_low = float((1 / (1 + np.exp(-(odds + middle)))).mean()) < float(positive.mean())
        low, high = (middle, high) if too_low else (low, middle)
    return (low + high) / 2


def _bins(chances: Floats, positive: NDArray[np.bool_]) -> tuple[CalibrationBin, ...]:
    order = np.argsort(chances, kind="stable")
    return tuple(
        CalibrationBin(
            patients=len(part),
            predicted=short(float(chances[part].mean())),
            observed=short(float(positive[part].mean())),
        )
        for part in np.array_split(order, N_BINS)
    )


def _benefit(chances: Floats, positive: NDArray[np.bool_], at: float) -> float:
    called = chances >= at
    true, false = float((called & positive).mean()), float((called & ~positive).mean())
    return short(true - false * at / (1 - at))
