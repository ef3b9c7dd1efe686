"""The words of the probes of locators: what was met, what was expected, and the way out."""

from scafe.sandbox.pool.extraction import Fault
from scafe.sandbox.probes.regions.evidence import LocatorEvidence, UnderNuisance
from scafe.sandbox.probes.verdict import Finding, Severity


def whole_frame(area: float) -> Finding:
    """Say that the mask is the image."""
    return _reject(
        "whole_frame",
        f"the mask covers {area:.0%} of the frame on the median phantom: an extractor gets the whole image "
        "without any locator; find the region, and return an empty mask where there is none",
    )


def inverted(seen: LocatorEvidence, complement: float) -> Finding:
    """Say that the mask marks everything but the region."""
    return _reject(
        "inverted",
        f"what the mask leaves out agrees with the region better (Dice {complement:.2f}) than what it marks "
        f"({seen.median_dice:.2f}): True must stand inside, so turn the comparison around",
    )


def fixed_place(follows: float) -> Finding:
    """Say that the mask does not look at the image."""
    return _reject(
        "fixed_place",
        f"when the image is moved, the mask's centre moves {max(follows, 0):.0%} of the way: it stands at a "
        "place of the frame, not where the region is; find the region in the pixels",
    )


def reads_marks(one: UnderNuisance, meaning: str) -> Finding:
    """Say that the mask lies on callipers, letters, a ruler or a hair."""
    return _reject(
        "reads_marks",
        f"with {one.name} ({meaning}) in the frame, {one.on_marks:.0%} of the mask lies on it: leave thin "
        "and saturated marks out (open, or take a median) before the region is looked for",
    )


def point(area: float) -> Finding:
    """Say that the mask is a few pixels."""
    return _reject(
        "point",
        f"the mask covers {area:.2%} of the frame on the median phantom: one place is not a region; grow it "
        "to its border, and compare smoothed brightness so that one dark pixel does not decide",
    )


def nothing_found(share: float) -> Finding:
    """Say that it finds nothing where there is something."""
    return _reject(
        "nothing_found",
        f"the mask is empty on {share:.0%} of the phantoms, which all hold the region: relax the condition "
        "that gives it up",
    )


def misses(seen: LocatorEvidence, least: float) -> Finding:
    """Say that the mask agrees too little with the region."""
    return _reject(
        "misses",
        f"median Dice with the true region is {seen.median_dice:.2f}, at least {least:g} is expected "
        f"(areas: {_areas(seen)}): look at which side of the border the rest lies",
    )


def fails_often(seen: LocatorEvidence, least: float) -> Finding:
    """Say that a tenth of the phantoms are missed."""
    return Finding(
        code="fails_often",
        severity="warn",
        message=f"on a tenth of the phantoms Dice is below {seen.worst_decile:.2f} ({least:g} would be "
        f"good), while the median is {seen.median_dice:.2f}: choose among several candidates, not the first",
    )


def lost_under(one: UnderNuisance, meaning: str, severity: Severity) -> Finding:
    """Say which nuisance loses the region."""
    return Finding(
        code="lost_under",
        severity=severity,
        message=f"with {one.name} turned up ({meaning}), mean Dice falls from {one.without:.2f} to "
        f"{one.turned:.2f}: compare with what lies around instead of a fixed level",
    )


def unstable(seen: LocatorEvidence, severity: Severity) -> Finding:
    """Say which harmless change moves the mask."""
    name = seen.least_stable
    return Finding(
        code="unstable",
        severity=severity,
        message=f"after a harmless change ({name}) the mask agrees with itself by a Dice of "
        f"{seen.stability[name]:.2f}: smooth before a threshold, and let no single pixel choose",
    )


def sees_things(seen: LocatorEvidence, severity: Severity) -> Finding:
    """Say that it finds a region where none is."""
    return Finding(
        code="found_where_nothing_is",
        severity=severity,
        message=f"a region is found in {seen.found_in_bare:.0%} of the scenes that hold none, with a "
        f"confidence of {seen.confidence_in_bare:.2f} (where there is one: {seen.confidence:.2f}): return an "
        "empty mask where nothing stands out",
    )


def other_region(found: str, wanted: str) -> Finding:
    """Say that the locator is for another region."""
    return _reject("contract", f'LOCATOR is "{found}"; the pack\'s region is "{wanted}": write that name')


def faulty(fault: Fault, severity: Severity, where: str) -> Finding:
    """Report a fault of the locator."""
    named = ": ".join(part for part in (fault.exception, fault.message) if part)
    told = {
        "refused": named,
        "timeout": f"an image took longer than allowed {where}: use array operations, not pixel loops",
        "memory": f"more memory than allowed {where}: work on smaller arrays",
        "killed": f"the worker was ended by the system {where}",
        "state": f"masks depend on more than the image {where}: keep nothing between images, draw nothing",
    }.get(fault.kind, f"{named} {where}")
    code = "nondeterministic" if fault.kind == "state" else fault.kind
    return Finding(code=code, severity=severity, line=fault.line, message=told)


def _areas(seen: LocatorEvidence) -> str:
    areas = sorted(float(one) for one in seen.areas)
    return f"{areas[len(areas) // 10]:.0%} to {areas[-1 - len(areas) // 10]:.0%} of the frame"


def _reject(code: str, message: str) -> Finding:
    return Finding(code=code, severity="reject", message=message)
