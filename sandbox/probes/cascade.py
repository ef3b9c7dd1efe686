"""Checks over phantoms: does the extractor keep the contract, does it measure what it claims.

Everything here is evidence about a feature on images we drew ourselves; nothing of it says how well
the feature tells patients apart. No threshold was chosen on labelled images.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import ContractError, PackError
from scafe.knowledge.contract.extractor import Extractor, Feature, parse_extractor
from scafe.knowledge.criteria.pack import CriteriaPack, Criterion
from scafe.sandbox.pool.pool import Extraction, ImageAndMask, Pool
from scafe.sandbox.probes import findings as words
from scafe.sandbox.probes.agreement import spearman
from scafe.sandbox.probes.evidence import Measured, Response, measure
from scafe.sandbox.probes.novelty import SAME
from scafe.sandbox.probes.panel import Panel, build_panel
from scafe.sandbox.probes.verdict import DialResponse, FeatureEvidence, Finding, Verdict

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

Determinism = Callable[[str, Sequence[ImageAndMask]], tuple[Finding, ...]]


def judge(
    source: str, pack: CriteriaPack, pool: Pool, seed: int = 0, determinism: Determinism | None = None
) -> Verdict:
    """Judge one extractor over the pack's phantom. Deterministic by (source, pack, seed).

    Parameters
    ----------
    source : str
        The whole module; may be anything, also hostile.
    pack : CriteriaPack
        Names the phantom and the criteria an extractor may claim.
    pool : Pool
        Open sandbox.
    seed : int
        Draws the panel of phantoms.
    determinism : callable, optional
        Runs the extractor in differently started workers; by default the panel is run twice in
        opposite order.

    Returns
    -------
    Verdict
        A refusal, fault or unmet claim of the extractor is a finding, never an exception.

    Raises
    ------
    SandboxError
        If the sandbox itself fails.
    """
    try:
        extractor = parse_extractor(source)
        criterion = _claimed(extractor, pack)
    except ContractError as error:
        return _rejected(source, "", words.contract(str(error), error.line))
    except PackError as error:
        return _rejected(source, "", words.contract(str(error), None))
    panel = build_panel(pack.phantom, seed)
    trial = pool.extract(source, panel.first, talkative=True)
    if all(trial.faults):  # hundreds of phantoms at five seconds each would say the same
        return _rejected(source, criterion.id, *words.fatal_faults(trial))
    extraction = pool.extract(source, panel.images, talkative=True)
    fatal = words.fatal_faults(extraction, panel.edges.values())
    if fatal:
        return _rejected(source, criterion.id, *fatal)
    unsteady = (determinism or _run_again(pool, extraction, panel))(source, panel.images)
    return _verdict(extractor, criterion, panel, extraction, unsteady)


def _claimed(extractor: Extractor, pack: CriteriaPack) -> Criterion:
    criterion = pack.criterion(extractor.criterion)
    if criterion.observable == "no_image":
        known = ", ".join(one.id for one in pack.observable_criteria)
        raise PackError(f"no image shows {criterion.id}; an extractor may claim one of: {known}")
    return criterion


def _rejected(source: str, criterion: str, *findings: Finding) -> Verdict:
    return Verdict(extractor=words.sha256(source), criterion=criterion, findings=findings)


def _run_again(pool: Pool, first: Extraction, panel: Panel) -> Determinism:
    """Compare a second run, backwards: catches state between calls where no detector is at hand."""

    def run(source: str, images: Sequence[ImageAndMask]) -> tuple[Finding, ...]:
        order = panel.drawn[::-1]
        again = pool.extract(source, [images[index] for index in order], talkative=True)
        same = np.array_equal(again.rows, first.rows[order], equal_nan=True)
        return () if same else (words.unsteady(),)

    return run


def _verdict(
    extractor: Extractor,
    criterion: Criterion,
    panel: Panel,
    extraction: Extraction,
    unsteady: tuple[Finding, ...],
) -> Verdict:
    measured = {
        feature.name: measure(panel, extraction.rows[:, number])
        for number, feature in enumerate(extractor.features)
    }
    findings = [*unsteady, *words.edge_faults(extraction, panel)]
    for feature in extractor.features:
        findings += _about(feature, criterion, measured[feature.name])
    findings += _twins(extractor, measured)
    lost = any(one.severity == "reject" and one.feature is None for one in findings)
    evidence = tuple(
        _evidence(feature, measured[feature.name], findings, lost) for feature in extractor.features
    )
    return Verdict(
        extractor=extractor.sha256, criterion=criterion.id, findings=tuple(findings), features=evidence
    )


def _about(feature: Feature, criterion: Criterion, measured: Measured) -> list[Finding]:
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
    outside = float(np.mean((values < low) | (values > high)))
    if outside == 0:
        return []
    return [words.out_of_range(feature, values, outside, reject=outside > MAX_OUTSIDE)]


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
    if measured.stability >= MIN_STABILITY:
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


def _twins(extractor: Extractor, measured: dict[str, Measured]) -> list[Finding]:
    """Features of one extractor that say the same."""
    found = []
    for number, feature in enumerate(extractor.features):
        for earlier in extractor.features[:number]:
            rho = spearman(measured[feature.name].drawn, measured[earlier.name].drawn)
            if abs(rho) > SAME:
                found.append(words.twin(feature, earlier, rho))
                break
    return found


def _evidence(feature: Feature, measured: Measured, findings: list[Finding], lost: bool) -> FeatureEvidence:
    mine = [one for one in findings if one.feature == feature.name]
    return FeatureEvidence(
        name=feature.name,
        responses=tuple(
            DialResponse(name=one.dial, spearman=round(one.median, 3)) for one in measured.responses
        ),
        nuisance_shifts={one.nuisance: round(one.in_spreads, 3) for one in measured.shifts},
        stability=round(measured.stability, 3),
        worst_perturbation=measured.worst_perturbation,
        missing=round(measured.missing, 3),
        fingerprint=_fingerprint(measured.drawn),
        accepted=not lost and not any(one.severity == "reject" for one in mine),
    )


def _fingerprint(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(float(f"{value:.4g}") if np.isfinite(value) else None for value in values)
