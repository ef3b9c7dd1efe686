"""The words of the probes: what was met, what was expected, and the way out.

A model repairs from these sentences and a clinician reads them in the report, so each names the
feature, the measured number and one thing to do. They speak of phantoms only.
"""

import hashlib
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.extractor import Feature
from scafe.knowledge.criteria.pack import Criterion
from scafe.sandbox.pool.pool import Fault
from scafe.sandbox.probes.evidence import Measured, Response, Shift
from scafe.sandbox.probes.panel import Panel
from scafe.sandbox.probes.verdict import Finding, Severity

RING = "compare inside the mask with the ring around it, in ratios or logarithms"
COARSER = "smooth first, and measure detail coarser than it touches"
SHADING = (
    "shading grows as the light sinks and turns with it: use colour, the outline, or a mean over all "
    "directions of the border"
)
AXES = "use the lesion's own axes, and tie every length to the square root of its area"
THIN = "leave the pixels of thin lines that run on past the lesion's edge out of every mean"
WAY_PAST = {
    "light": RING, "white_balance": RING, "skin_tone": RING, "hue": RING, "stain": RING, "contrast": RING,
    "light_gradient": "take a smooth plane off the light first, or compare places side by side",
    "bias_field": "take a smooth plane off the signal first, or compare places side by side",
    "depth_gain": "compare places at the same depth",
    "flair_gain": "compare the lesion with other tissue in the same channel",
    "light_azimuth": SHADING, "light_elevation": SHADING,
    "blur": COARSER, "noise": COARSER, "jpeg": COARSER, "grain": COARSER,
    "rotation": AXES, "scale": AXES, "tilt": AXES,
    "hair": THIN, "tube": THIN,
    "ruler": "stay inside the mask and the ring", "vignette": "stay inside the mask and the ring",
    "callipers": "leave out thin bright marks (open the image, or take medians over areas)",
    "bubbles": "leave out what lies near a highlight (tk.specular_mask)",
    "corners": "leave black corners out of the ring (tk.dark_corners)",
}  # fmt: skip
"""Nuisance -> what helps against it. The ring removes a lamp, and neither a hair nor the light's height."""
PIXELS = "a limit counted in pixels may be met there: tie it to the square root of the lesion's area"
NO_LIMIT = "compare with what lies around the lesion instead of a fixed limit"
WAY_FOUND = {"rotation": PIXELS, "scale": PIXELS, "tilt": PIXELS}
"""Nuisance -> what helps where it makes a feature missing."""


def sha256(source: str) -> str:
    """Return the identity of a source, also of one that does not parse."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()


def contract(message: str, line: int | None) -> Finding:
    """Say how the text breaks the extractor contract."""
    return Finding(code="contract", severity="reject", line=line, message=message)


def fatal_faults(
    faults: Sequence[Fault | None], n_seen: int, edge_cases: Collection[int] = ()
) -> tuple[Finding, ...]:
    """Report the first fault on ordinary phantoms: each of them must give a row.

    Parameters
    ----------
    faults : sequence of Fault or None
        One per phantom of the panel.
    n_seen : int
        How many of them were looked at.
    edge_cases : collection of int
        Images where a fault is no reason to turn an extractor away.
    """
    edges = set(edge_cases)
    for index, fault in enumerate(faults):
        if fault is not None and (index not in edges or fault.kind == "refused"):
            n_faults = sum(one is not None for one in faults)
            return (_fault(fault, "reject", f"on {n_faults} of {n_seen} phantoms"),)
    return ()


def edge_faults(faults: Sequence[Fault | None], panel: Panel) -> list[Finding]:
    """Report edge cases that end in a fault instead of NaN."""
    found = []
    for case, index in panel.edges.items():
        fault = faults[index]
        if fault is not None:
            fatal: Severity = "reject" if fault.kind in ("timeout", "memory", "killed") else "warn"
            found.append(_fault(fault, fatal, f"on the edge case '{case}'; return NaN there"))
    return found


def not_looked(parts: Sequence[str]) -> Finding:
    """Say what was left out of a verdict that was clear without it."""
    message = f"no feature can be accepted any more, so this was not looked at: {', '.join(parts)}"
    return Finding(code="not_looked", severity="note", message=message)


def _fault(fault: Fault, severity: Severity, where: str) -> Finding:
    named = ": ".join(part for part in (fault.exception, fault.message) if part)
    told = {
        "refused": named,
        "timeout": f"an image took longer than allowed {where}: use array operations, not pixel loops",
        "memory": f"more memory than allowed {where}: work on smaller arrays",
        "killed": f"the worker was ended by the system {where}",
        "state": f"values depend on more than the image {where}: keep nothing between images",
    }.get(fault.kind, f"{named} {where}")
    return Finding(code=fault.kind, severity=severity, line=fault.line, message=told)


def unsteady() -> Finding:
    """Say that the same image gave two values."""
    message = "the same phantom gave another value in another order: keep nothing between calls, draw nothing"
    return Finding(code="nondeterministic", severity="reject", message=message)


def missing(feature: Feature, measured: Measured) -> Finding:
    """Say that the feature is NaN too often."""
    message = (
        f"{feature.name} is NaN on {measured.missing:.0%} of the phantoms; at most 20% is allowed: "
        "relax the condition that gives it up"
    )
    return _reject("missing", feature, message)


def constant(feature: Feature, measured: Measured) -> Finding:
    """Say that the feature never varies."""
    value = measured.drawn[np.isfinite(measured.drawn)][0]
    message = f"{feature.name} is {value:.4g} on every phantom: measure something that varies"
    return _reject("constant", feature, message)


def out_of_range(feature: Feature, values: NDArray[np.float64], outside: float, reject: bool) -> Finding:
    """Say how far the values leave the declared range."""
    low, high = feature.range
    message = (
        f"{feature.name} ran from {values.min():.4g} to {values.max():.4g} on phantoms, {outside:.1%} "
        f"of them outside the declared [{low:g}, {high:g}]: declare the range it has, or clip it"
    )
    severity: Severity = "reject" if reject else "warn"
    return Finding(code="out_of_range", severity=severity, feature=feature.name, message=message)


def wrong_sign(feature: Feature, own: Response) -> Finding:
    """Say that the feature runs against its declared direction."""
    message = (
        f"{feature.name} declares '{feature.direction}' but moves the other way as {own.dial} grows "
        f"(ρ {own.median:+.2f}): turn the sign of the formula, or the declared direction if that was wrong"
    )
    return _reject("wrong_sign", feature, message)


def flips(feature: Feature, own: Response, criterion: Criterion) -> Finding:
    """Say that the sign depends on the scene."""
    message = (
        f"{feature.name} rises with {own.dial} in one scene (ρ {own.rhos.max():+.2f}) and falls in another "
        f"(ρ {own.rhos.min():+.2f}): it measures something else that differs between scenes; "
        f"normalise it by what {criterion.id} does not change"
    )
    return _reject("sign_flips", feature, message)


def deaf(feature: Feature, own: Response, other: Response | None, criterion: Criterion) -> Finding:
    """Say that the feature does not answer to its own dial, and to which it does."""
    if own.undefined:
        message = (
            f"{feature.name} has no ρ with {own.dial} ({own.undefined}): it must be measurable, and "
            f"vary, along all that {criterion.id} can be"
        )
    elif other is not None and abs(other.median) > abs(own.median):
        message = _answers_more(feature, own, other)
    else:
        message = (
            f"{feature.name} hardly answers to {own.dial} (ρ {own.median:+.2f}, at least .50 is needed): "
            f"measure what {criterion.id} changes"
        )
    return _reject("deaf", feature, message)


def unspecific(feature: Feature, own: Response, other: Response, reject: bool) -> Finding:
    """Say that another dial moves the feature as far as its own."""
    meaning = f" ({other.meaning})" if other.meaning else ""
    message = (
        f"{other.dial}{meaning}, turned from least to most, moves {feature.name} "
        f"{other.reach / own.reach:.1f} times as far as {own.dial} does; below 1.0 is needed "
        f"(ρ {other.median:+.2f} with {other.dial}, {own.median:+.2f} with {own.dial}): "
        f"take out what {other.dial} adds, or measure what it leaves alone"
    )
    severity: Severity = "reject" if reject else "warn"
    return Finding(code="unspecific", severity=severity, feature=feature.name, message=message)


def _answers_more(feature: Feature, own: Response, other: Response) -> str:
    meaning = f": {other.meaning}" if other.meaning else ""
    return (
        f"{feature.name} answers more to {other.dial} (ρ {other.median:+.2f}{meaning}) than to {own.dial} "
        f"(ρ {own.median:+.2f}): take out what {other.dial} adds, or measure what it leaves alone"
    )


def unstable(feature: Feature, measured: Measured) -> Finding:
    """Say which harmless change of the image changes the value."""
    message = (
        f"{feature.name} changes under '{measured.worst_perturbation}' (ICC {measured.stability:.2f}, "
        "at least .75 is needed): smooth first, use medians or quantiles, avoid single pixels and extremes"
    )
    return _reject("unstable", feature, message)


def lost_under(feature: Feature, shift: Shift) -> Finding:
    """Say under which nuisance the feature becomes NaN."""
    message = (
        f"{feature.name} turns NaN at {shift.nuisance} {shift.lost_at:g}: patients like that would have no "
        f"value; {WAY_FOUND.get(shift.nuisance, NO_LIMIT)}"
    )
    return _reject("lost", feature, message)


def moved_by(feature: Feature, shifts: Sequence[Shift], reject: bool, allowed: float) -> Finding:
    """Say how far nuisances move the feature, the worst first, and what helps against that one."""
    worst, *others = shifts
    also = ", ".join(f"{one.nuisance} {one.in_spreads:.1f}" for one in others)
    judged = (
        f"which must not matter; at most {allowed:g} is allowed"
        if reject
        else f"within the limit of {allowed:g}; less is better"
    )
    message = (
        f"{feature.name} moves {worst.in_spreads:.1f} class spreads with {worst.nuisance}"
        f"{f' (also {also})' if also else ''}, {judged}: {WAY_PAST.get(worst.nuisance, RING)}"
    )
    severity: Severity = "reject" if reject else "warn"
    return Finding(code="nuisance", severity=severity, feature=feature.name, message=message)


def twin(feature: Feature, earlier: Feature, rho: float) -> Finding:
    """Say that two features of one extractor are one."""
    message = f"{feature.name} repeats {earlier.name} (ρ {rho:+.2f}): drop one or measure another aspect"
    return Finding(code="twin", severity="warn", feature=feature.name, message=message)


def _reject(code: str, feature: Feature, message: str) -> Finding:
    return Finding(code=code, severity="reject", feature=feature.name, message=message)
