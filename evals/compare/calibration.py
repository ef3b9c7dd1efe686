"""Whether a row's probabilities mean what they say: Brier score, slope and calibration in the large.

One draw tests too few patients for a slope: the test patients of all draws are taken together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scafe.evals.scoring.assessment import brier, brier_skill, calibrate, short
from scafe.evals.scoring.cases import Scored
from scafe.evals.scoring.score import Task


@dataclass(frozen=True)
class Calibrated:
    """Calibration of one row at one size."""

    brier: float
    """Mean over draws; 0 is perfect."""
    skill: float
    """1 minus the Brier score over that of equal chances, mean over draws."""
    slope: float | None
    """Below 1: too sure. None where all patients got the same chance."""
    in_the_large: float | None
    """Log-odds by which the probabilities are too low."""


def calibrated(draws: Sequence[Scored]) -> Calibrated:
    """Measure calibration over draws; of more than two classes each against the rest, then the mean.

    References
    ----------
    .. [1] Van Calster et al. (2019), Calibration: the Achilles heel of predictive analytics, BMC
       Medicine 17, 230, doi:10.1186/s12916-019-1466-7.
    """
    n_classes = len(draws[0].classes)
    even = np.full(n_classes, 1 / n_classes)
    told = [calibrate(_against_rest(draws, place)) for place in range(1 if n_classes == 2 else n_classes)]
    return Calibrated(
        short(float(np.mean([brier(one) for one in draws]))),
        short(float(np.mean([brier_skill(one, even) for one in draws]))),
        _mean([one.slope for one in told]),
        _mean([one.intercept for one in told]),
    )


def _against_rest(draws: Sequence[Scored], place: int) -> Scored:
    """Put the test patients of all draws in one table; a patient of several draws stands there as often."""
    name = draws[0].classes[place]
    is_it = np.concatenate([one.labels == name for one in draws]).astype(np.int64)
    chances = np.concatenate([one.probabilities[:, place] for one in draws])
    task = Task(is_it, tuple(map(str, range(len(is_it)))))
    return Scored(task, (name, "rest"), np.stack([chances, 1 - chances], axis=1))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return short(float(np.mean(known))) if known else None
