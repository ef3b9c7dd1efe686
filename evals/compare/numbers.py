"""AUC of draws, and the difference of two rows with what draws and patients leave uncertain.

Two things vary: which patients were drawn for training, and which were tested. The interval adds both: the
spread over draws, and DeLong's over patients, each patient's placement averaged over the draws that tested
it. The correction of Nadeau and Bengio for overlapping training sets is not used: at 5 patients a class and
48 tested its variance grows fivefold, whatever the data (it was made for test sets smaller than training
sets).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from scafe.evals.scoring.cases import Scored
from scafe.evals.scoring.stats import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Placed:
    """One row in one draw."""

    patients: tuple[str, ...]
    classes: NDArray[np.str_]
    """(n,) true class."""
    placements: Floats
    """(n,) share of the other classes' patients that a patient is on the right side of."""
    auc: float
    """Macro mean over pairs of classes."""


def place(scored: Scored) -> Placed:
    """Compare every test patient with those of other classes, pair of classes by pair (ties half).

    References
    ----------
    .. [1] DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, doi:10.2307/2531595.
    .. [2] Hand and Till (2001), Machine Learning 45, 171-186, doi:10.1023/A:1010920819831.
    """
    labels, found = scored.labels, np.zeros(len(scored.labels))
    present = [name for name in scored.classes if (labels == name).any()]
    for name in present:
        own = labels == name
        pairs = [_right_side(scored, name, other) for other in present if other != name]
        found[own] = np.mean(pairs, axis=0)
    means = [float(found[labels == name].mean()) for name in present]
    return Placed(scored.task.patients, labels, found, float(np.mean(means)))


def _right_side(scored: Scored, name: str, other: str) -> Floats:
    """Of each patient of one class: the share of the other's patients that it is told from."""
    first, second = scored.classes.index(name), scored.classes.index(other)
    own, theirs = scored.labels == name, scored.labels == other
    found = []
    for column, sign in ((first, 1.0), (second, -1.0)):
        chances = scored.probabilities[:, column] * sign
        gap = chances[own][:, None] - chances[theirs][None, :]
        found.append(((gap > 0) + 0.5 * (gap == 0)).mean(axis=1))
    return np.asarray(np.mean(found, axis=0))


def mean_auc(draws: Sequence[Placed]) -> Interval:
    """Return the mean AUC over draws with its 95 % interval."""
    values = np.array([one.auc for one in draws])
    return _interval(float(values.mean()), _error(values, _by_patient(draws)), len(draws))


def standard_error(draws: Sequence[Placed]) -> float:
    """Return the standard error of the mean AUC over draws and patients."""
    return _error(np.array([one.auc for one in draws]), _by_patient(draws))


@dataclass(frozen=True)
class PairedGain:
    """First row minus second on the same draws."""

    interval: Interval
    p: float
    """Two-sided, not yet corrected for the number of rows."""


def paired(first: Sequence[Placed], second: Sequence[Placed]) -> PairedGain:
    """Compare two rows draw by draw and patient by patient.

    References
    ----------
    .. [1] Yousef, Wagner and Loew (2006), Assessing classifiers from two independent data sets using ROC
       analysis: a nonparametric approach, IEEE Transactions on Pattern Analysis and Machine Intelligence
       28(11), 1809-1817, doi:10.1109/TPAMI.2006.218 (both sources of variance).
    .. [2] Nadeau and Bengio (2003), Inference for the Generalization Error, Machine Learning 52, 239-281,
       doi:10.1023/A:1024068626366 (the correction that is not used here).
    """
    gains = np.array([one.auc - other.auc for one, other in zip(first, second, strict=True)])
    change = [
        Placed(one.patients, one.classes, one.placements - other.placements, 0.0)
        for one, other in zip(first, second, strict=True)
    ]
    error, mean = _error(gains, _by_patient(change)), float(gains.mean())
    p = 2 * float(stats.t.sf(abs(mean) / error, len(gains) - 1)) if error > 0 else float(mean == 0)
    return PairedGain(_interval(mean, error, len(gains)), p)


def holm(values: Sequence[float]) -> list[float]:
    """Correct p-values for their number.

    References
    ----------
    .. [1] Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of
       Statistics 6(2), 65-70, https://www.jstor.org/stable/4615733.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    found, least = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(values) - rank) * values[place]))
        found[place] = least
    return found


def _by_patient(draws: Sequence[Placed]) -> dict[str, Floats]:
    """Class -> each patient's mean placement over the draws that tested it."""
    sums: dict[tuple[str, str], list[float]] = {}
    for one in draws:
        for name, label, value in zip(one.patients, one.classes, one.placements, strict=True):
            sums.setdefault((str(label), name), []).append(float(value))
    classes = sorted({label for label, _ in sums})
    return {
        label: np.array([float(np.mean(values)) for (own, _), values in sums.items() if own == label])
        for label in classes
    }


def _error(values: Floats, placements: dict[str, Floats]) -> float:
    draws = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
    parts = [float(one.var(ddof=1)) / len(one) for one in placements.values() if len(one) > 1]
    # a patient takes part in k - 1 of the k (k - 1) / 2 pairs that the macro mean is over
    return math.sqrt(draws + (2 / len(placements)) ** 2 * sum(parts))


def two_sided(draws: int) -> float:
    """Return how many standard errors a 95 % interval reaches, their size estimated from so many draws."""
    return float(stats.t.ppf(0.975, draws - 1))


def _interval(value: float, error: float, draws: int) -> Interval:
    reach = two_sided(draws) * error
    return Interval(value, value - reach, value + reach)
