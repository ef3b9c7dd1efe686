"""What the rows of one extractor over the panel say about each of its features, in numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.sandbox.probes.agreement import has_order, icc_a1, is_flat, spearman
from scafe.sandbox.probes.panel import Panel, Sweep


@dataclass(frozen=True)
class Response:
    """Spearman's rho of one feature with one dial, in every setting."""

    dial: str
    rhos: NDArray[np.float64]
    """(n_settings,)."""
    reach: float
    """Median over settings of highest minus lowest value along the sweep, in the feature's unit."""
    meaning: str = ""
    """What the dial turns, for the words of a finding."""
    undefined: str = ""
    """Why there is no rho in at least half of the settings, in words; '' where there is one."""

    @property
    def median(self) -> float:
        """The response that counts: robust to one odd scene."""
        return float(np.median(self.rhos))

    @property
    def flips(self) -> bool:
        """Whether the sign depends on the scene: clearly up in one setting, clearly down in another."""
        return bool(self.rhos.max() >= 0.5 and self.rhos.min() <= -0.5)


@dataclass(frozen=True)
class Shift:
    """How far one nuisance moves a feature."""

    nuisance: str
    in_spreads: float
    """Largest mean |shift| over its levels, in class spreads."""
    lost_at: float | None
    """Level at which most values turn into NaN that were numbers without it; None: nowhere."""


@dataclass(frozen=True)
class Measured:
    """Everything measured of one feature on the panel."""

    drawn: NDArray[np.float64]
    """(n_drawn,) values on randomly drawn phantoms."""
    everywhere: NDArray[np.float64]
    """Values on every phantom that was looked at, edges aside."""
    n_looks: int
    """How many values a look at the whole panel gives."""
    responses: tuple[Response, ...]
    """Of the dials that were turned."""
    shifts: tuple[Shift, ...]
    """Of the nuisances that were moved."""
    class_spread: float
    """Standard deviation over latents of both classes with every nuisance neutral."""
    stability: float | None
    """Smallest ICC(A,1) over the perturbations; 0 where it is not defined, None where none was tried."""
    worst_perturbation: str
    """'' where none was tried."""

    @property
    def missing(self) -> float:
        """Share of drawn phantoms without a value."""
        return float(np.mean(~np.isfinite(self.drawn)))

    @property
    def is_constant(self) -> bool:
        """Whether every drawn phantom gives the same value, but for rounding."""
        return is_flat(self.drawn)


def measure(panel: Panel, column: NDArray[np.float64], seen: NDArray[np.bool_] | None = None) -> Measured:
    """Cut one feature's column into evidence.

    Parameters
    ----------
    column : (n_images,) float array
    seen : (n_images,) bool array, optional
        Which phantoms were measured; none given: all. Parts of which one is missing are left out. The drawn
        phantoms and the still ones must be there.
    """
    at = np.ones(len(column), np.bool_) if seen is None else seen
    drawn = column[panel.drawn]
    spread = _spread(column[panel.still])
    agreement = {name: icc_a1(drawn, column[one]) for name, one in panel.perturbed.items() if at[one].all()}
    worst = min(agreement, key=lambda name: (_or_zero(agreement[name]), name), default="")
    return Measured(
        drawn=drawn,
        everywhere=column[panel.looks[at[panel.looks]]],
        n_looks=len(panel.looks),
        responses=tuple(_response(one, column) for one in panel.dials if at[one.where].all()),
        shifts=tuple(_shift(one, column, spread) for one in panel.nuisances if at[one.where].all()),
        class_spread=spread,
        stability=_or_zero(agreement[worst]) if worst else None,
        worst_perturbation=worst,
    )


def _or_zero(value: float) -> float:
    return value if np.isfinite(value) else 0.0


def _spread(values: NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.std()) if finite.size else 0.0


def _response(sweep: Sweep, column: NDArray[np.float64]) -> Response:
    rhos = [spearman(sweep.levels, column[where]) for where in sweep.where]
    values = column[sweep.where]
    seen = values[np.isfinite(values).sum(axis=1) > 1]
    reach = float(np.median(np.nanmax(seen, axis=1) - np.nanmin(seen, axis=1))) if len(seen) else 0.0
    return Response(sweep.name, np.array(rhos), reach, sweep.meaning, _why_undefined(sweep, column))


def _why_undefined(sweep: Sweep, column: NDArray[np.float64]) -> str:
    """Say why most settings have no rho: 0 would read as a feature that is deaf to the dial."""
    defined = [has_order(sweep.levels, column[where]) for where in sweep.where]
    if 2 * sum(defined) > len(defined):
        return ""
    missing = float(np.mean(~np.isfinite(column[sweep.where])))
    return f"NaN on {missing:.0%} of its phantoms" if missing else "the same value all along it"


def _shift(sweep: Sweep, column: NDArray[np.float64], spread: float) -> Shift:
    values = column[sweep.where]
    neutral, moved = values[:, :1], values[:, 1:]
    gone = (np.isfinite(neutral) & ~np.isfinite(moved)).sum(axis=0)
    lost_at = float(sweep.levels[1 + int(gone.argmax())]) if gone.any() else None
    shifts = np.abs(moved - neutral)
    if spread == 0 or not np.isfinite(shifts).any():
        return Shift(sweep.name, 0.0, lost_at)
    usable = np.isfinite(shifts).any(axis=0)
    per_level = np.nanmean(shifts[:, usable], axis=0)
    return Shift(sweep.name, float(per_level.max() / spread), lost_at)
