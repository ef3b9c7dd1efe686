"""One feature on images of patients beside the same feature on phantoms, in numbers; no label is read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.evals.scoring.stats import winsorised
from scafe.evals.transfer.steadiness import Steadiness
from scafe.evals.transfer.surroundings import Surroundings
from scafe.sandbox.probes.agreement import is_flat, spearman

Floats = NDArray[np.float64]
MARGIN = 0.1
"""How far past the values of phantoms still counts as inside, as a share of their range."""
LEAST = 20
"""Images with a value below which nothing is said of what a feature follows."""


@dataclass(frozen=True)
class Transfer:
    """What a feature does on images of patients."""

    feature: str
    missing: float
    """Share of images without a value."""
    is_constant: bool
    saturated: float
    """Largest share of values that stand together at one end of what was seen."""
    saturated_on_phantoms: float
    """The same on phantoms: a share that is 0 where nothing is there is so on both."""
    outside: float
    """Share of values outside of what phantoms showed."""
    spread: float
    """Middle half of the values over that on phantoms; NaN where phantoms give one value."""
    stability: float
    """Smallest ICC(A,1) under perturbation of these images; NaN where it cannot be told."""
    worst_perturbation: str
    follows: Mapping[str, float]
    """Partial rank correlation with size, border and exposure, each given the other two."""
    overlap: float
    """Largest |rank correlation| with a feature of another criterion; 0 where there is none."""
    overlaps_with: str
    """Criterion of that feature; '' where there is none."""


def transfer_of(
    feature: str,
    values: Floats,
    on_phantoms: Floats,
    around: Surroundings,
    steady: Steadiness,
    others: Mapping[str, list[Floats]],
) -> Transfer:
    """Compare a feature on images with the same on phantoms.

    Parameters
    ----------
    feature : str
    values : (n_images,) array
        NaN where missing. Every share is taken of winsorised values: no patient is an extreme.
    on_phantoms : (n_phantoms,) array
        On phantoms as they are drawn for the probes.
    around : Surroundings
        Of the same images.
    steady : Steadiness
    others : mapping
        Criterion -> columns of its features on the same images; other criteria alone.
    """
    inner = winsorised(values)
    seen, phantom = inner[np.isfinite(inner)], on_phantoms[np.isfinite(on_phantoms)]
    overlap = {name: _nearest(inner, columns) for name, columns in others.items()}
    nearest = max(overlap, key=lambda name: overlap[name], default="")
    return Transfer(
        feature=feature,
        missing=float(np.mean(~np.isfinite(values))),
        is_constant=is_flat(seen),
        saturated=_saturated(seen),
        saturated_on_phantoms=_saturated(winsorised(phantom)),
        outside=_outside(seen, phantom),
        spread=_spread(seen) / _spread(phantom) if _spread(phantom) > 0 else float("nan"),
        stability=steady.icc,
        worst_perturbation=steady.worst,
        follows=_follows(inner, around),
        overlap=overlap.get(nearest, 0.0),
        overlaps_with=nearest,
    )


def _saturated(seen: Floats) -> float:
    """Return the share at the fuller end, less the twentieth that winsorising puts there by itself."""
    if seen.size == 0 or is_flat(seen):
        return 0.0
    slack = 1e-6 * float(np.ptp(seen))
    ends = (np.mean(seen <= seen.min() + slack), np.mean(seen >= seen.max() - slack))
    return max(0.0, float(max(ends)) - 0.05)


def _outside(seen: Floats, phantom: Floats) -> float:
    if seen.size == 0 or phantom.size == 0:
        return 0.0
    margin = MARGIN * float(np.ptp(phantom))
    return float(np.mean((seen < phantom.min() - margin) | (seen > phantom.max() + margin)))


def _spread(values: Floats) -> float:
    return float(np.subtract(*np.percentile(values, (75, 25)))) if values.size else 0.0


def _nearest(values: Floats, columns: list[Floats]) -> float:
    return max((abs(spearman(winsorised(one), values)) for one in columns), default=0.0)


def _follows(values: Floats, around: Surroundings) -> dict[str, float]:
    """Correlate ranks, each of the three after the other two were taken out of both sides."""
    columns = {name: one for name, one in around.columns().items() if not is_flat(one)}
    known = np.isfinite(values)
    if known.sum() < LEAST or is_flat(values[known]):
        return {}
    ranks = {name: _ranks(one[known]) for name, one in columns.items()}
    mine = _ranks(values[known])
    return {
        name: _partial(mine, one, [other for key, other in ranks.items() if key != name])
        for name, one in ranks.items()
    }


def _ranks(values: Floats) -> Floats:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(count) - (count - 1) / 2)[place])


def _partial(one: Floats, other: Floats, given: list[Floats]) -> float:
    design = np.column_stack([np.ones(len(one)), *given])
    left, right = (side - design @ np.linalg.lstsq(design, side, rcond=None)[0] for side in (one, other))
    spread = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float((left * right).sum() / spread) if spread > 1e-9 else 0.0
