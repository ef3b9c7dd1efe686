"""What is said of one feature once it was measured: the limits, and one check for each of them.

Checks take what was looked at so far. What they reject then, the rest of the panel would not bring back.
"""

from collections.abc import Mapping

import numpy as np

from scafe.knowledge.contract.extractor import Extractor, Feature
from scafe.knowledge.criteria.pack import Criterion
from scafe.sandbox.probes import findings as words
from scafe.sandbox.probes.agreement import spearman
from scafe.sandbox.probes.evidence import Measured, Response
from scafe.sandbox.probes.novelty import SAME
from scafe.sandbox.probes.verdict import Finding

MIN_RESPONSE = 0.5
"""|rho| with the own dial that a pooled feature needs (`latent_spearman_min` of the packs' format)."""
MIN_STABILITY = 0.75
"""Smallest ICC over the perturbations: below it every hash-like cheat falls (tested)."""
MAX_MISSING = 0.20
MAX_OUTSIDE = 0.02
"""Share of phantoms that may lie outside the declared range."""
MAX_SHIFT = 1.5
"""Class spreads that a nuisance may move a feature before it is rejected."""
WARN_SHIFT = 0.5
RIVAL = 0.8
"""|rho| with another dial from which that dial is a rival."""
WARN_REACH = 0.5
"""Share of the own dial's reach from which a rival is mentioned; past all of it the rival owns it."""


def findings_on(feature: Feature, criterion: Criterion, measured: Measured) -> list[Finding]:
    """Every finding on one feature; a dead feature is told so once, not ten times."""
    if measured.missing > MAX_MISSING:
        return [words.missing(feature, measured), *_lost(feature, measured)]
    if measured.is_constant:
        return [words.constant(feature, measured)]
    checks = (_range, _response, _selectivity, _stability, _nuisances)
    return [finding for check in checks for finding in check(feature, criterion, measured)]


def _range(feature: Feature, _: Criterion, measured: Measured) -> list[Finding]:
    values = measured.everywhere[np.isfinite(measured.everywhere)]
    low, high = feature.range
    outside = int(np.sum((values < low) | (values > high)))
    if outside == 0:
        return []
    at_most = len(values) + measured.n_looks - len(measured.everywhere)
    reject = outside / at_most > MAX_OUTSIDE
    return [words.out_of_range(feature, values, outside / len(values), reject=reject)]


def _response(feature: Feature, criterion: Criterion, measured: Measured) -> list[Finding]:
    own = _own(criterion, measured)
    if own.flips:
        return [words.flips(feature, own, criterion)]
    wanted = {"up": 1.0, "down": -1.0}.get(feature.direction, np.sign(own.median) or 1.0)
    if own.median * wanted <= -MIN_RESPONSE:
        return [words.wrong_sign(feature, own)]
    if own.median * wanted < MIN_RESPONSE:
        return [words.deaf(feature, own, _strongest_other(criterion, measured), criterion)]
    return []


def _selectivity(feature: Feature, criterion: Criterion, measured: Measured) -> list[Finding]:
    """Compare by how far a full turn moves the feature: ranks alone saturate at 1 for clean shapes."""
    own = _own(criterion, measured)
    rivals = [
        one
        for one in measured.responses
        if one.dial != criterion.dial and abs(one.median) >= RIVAL and one.reach > WARN_REACH * own.reach
    ]
    if not rivals or abs(own.median) < MIN_RESPONSE:
        return []
    rival = max(rivals, key=lambda one: (one.reach, one.dial))
    return [words.unspecific(feature, own, rival, reject=rival.reach > own.reach)]


def _stability(feature: Feature, _: Criterion, measured: Measured) -> list[Finding]:
    if measured.stability is None or measured.stability >= MIN_STABILITY:
        return []
    return [words.unstable(feature, measured)]


def _nuisances(feature: Feature, _: Criterion, measured: Measured) -> list[Finding]:
    moved = sorted(
        (one for one in measured.shifts if one.in_spreads > WARN_SHIFT), key=lambda one: -one.in_spreads
    )
    found = _lost(feature, measured)
    if moved:
        found.append(words.moved_by(feature, moved, moved[0].in_spreads > MAX_SHIFT, MAX_SHIFT))
    return found


def _lost(feature: Feature, measured: Measured) -> list[Finding]:
    return [words.lost_under(feature, shift) for shift in measured.shifts if shift.lost_at is not None]


def _own(criterion: Criterion, measured: Measured) -> Response:
    return next(one for one in measured.responses if one.dial == criterion.dial)


def _strongest_other(criterion: Criterion, measured: Measured) -> Response | None:
    others = [one for one in measured.responses if one.dial != criterion.dial]
    return max(others, key=lambda one: (abs(one.median), one.dial), default=None)


def twins(extractor: Extractor, measured: Mapping[str, Measured]) -> list[Finding]:
    """Return a finding for each feature of one extractor that says what an earlier one says."""
    found = []
    for number, feature in enumerate(extractor.features):
        for earlier in extractor.features[:number]:
            rho = spearman(measured[feature.name].drawn, measured[earlier.name].drawn)
            if abs(rho) > SAME:
                found.append(words.twin(feature, earlier, rho))
                break
    return found
