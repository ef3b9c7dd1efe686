"""What the probes measured of a feature, as bars that a template draws; the numbers stand beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scafe.sandbox.probes.verdict import FeatureEvidence, Finding

HALF: Final = 90
"""Length of a full bar in a drawing's units."""
MOST_SHIFT: Final = 2.0
"""Shift of a nuisance, in class spreads, that fills a bar; longer ones are cut there and say so."""


@dataclass(frozen=True)
class Bar:
    """One number as a bar from the middle (responses) or the left (shifts)."""

    name: str
    value: float
    length: int
    """In a drawing's units, never negative."""
    is_negative: bool = False
    is_cut: bool = False
    undefined: str = ""
    """Why there is no number, in words."""


@dataclass(frozen=True)
class FeaturePicture:
    """One feature's selectivity row and nuisance shifts."""

    name: str
    is_accepted: bool
    responses: tuple[Bar, ...]
    shifts: tuple[Bar, ...]
    stability: float | None
    """None: rejected before it was looked at."""
    worst: str
    missing: float
    findings: tuple[Finding, ...]
    strongest: str
    """The dial or nuisance that its gravest finding names; '' if none does."""


@dataclass(frozen=True)
class Curve:
    """Values of a feature over one dial, as points of a drawing 160 by 60."""

    dial: str
    unit: str
    points: tuple[tuple[float, float], ...]
    """(x, y), y down."""
    table: tuple[tuple[float, float | None], ...]
    """(level, value): the same in numbers."""

    @property
    def is_flat(self) -> bool:
        """Whether no level differs from another by a millionth of the values."""
        values = [value for _, value in self.table if value is not None]
        return not values or max(values) - min(values) <= 1e-6 * max(map(abs, values))

    @property
    def span(self) -> str:
        """How far the values reach, in four digits."""
        values = [value for _, value in self.table if value is not None]
        return "no value" if not values else f"{max(values) - min(values):.4g}"

    @property
    def path(self) -> str:
        """The points as SVG's `polyline` takes them."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


def curve_picture(dial: str, unit: str, levels: Sequence[float], values: Sequence[float | None]) -> Curve:
    """Lay out a response curve; a level without a value leaves a gap in the points."""
    known = [(float(x), float(y)) for x, y in zip(levels, values, strict=True) if y is not None]
    (left, right), (low, high) = _ends([x for x, _ in known]), _ends([y for _, y in known])
    points = tuple(
        (round(6 + 148 * (x - left) / (right - left), 1), round(54 - 48 * (y - low) / (high - low), 1))
        for x, y in known
    )
    return Curve(dial, unit, points, tuple(zip(map(float, levels), values, strict=True)))


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and the greatest value, made different where they are one."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low, high) if high > low else (low - 1.0, low + 1.0)


def feature_picture(evidence: FeatureEvidence, findings: tuple[Finding, ...]) -> FeaturePicture:
    """Lay out what was measured of one feature."""
    responses = tuple(
        Bar(
            one.name,
            one.spearman,
            round(HALF * abs(one.spearman)),
            one.spearman < 0,
            undefined=one.undefined,
        )
        for one in evidence.responses
    )
    shifts = tuple(
        Bar(
            name, value, round(2 * HALF * min(abs(value), MOST_SHIFT) / MOST_SHIFT), False, value > MOST_SHIFT
        )
        for name, value in sorted(evidence.nuisance_shifts.items(), key=lambda item: -item[1])
    )
    mine = tuple(one for one in findings if one.feature == evidence.name)
    return FeaturePicture(
        name=evidence.name,
        is_accepted=evidence.accepted,
        responses=responses,
        shifts=shifts,
        stability=evidence.stability,
        worst=evidence.worst_perturbation,
        missing=evidence.missing,
        findings=mine,
        strongest=_named_in(mine, {*(bar.name for bar in responses), *(bar.name for bar in shifts)}),
    )


def _named_in(findings: tuple[Finding, ...], names: set[str]) -> str:
    """Return the first dial or nuisance that the gravest finding names."""
    grave = sorted(findings, key=lambda one: one.severity != "reject")
    words = [word.strip(".,;:()") for one in grave for word in one.message.split()]
    return next((word for word in words if word in names), "")
