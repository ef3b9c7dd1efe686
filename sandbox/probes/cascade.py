"""Checks over phantoms: does the extractor keep the contract, does it measure what it claims.

They come as a cascade: a few phantoms, then its own dial, the other dials, the nuisances, the perturbations,
and last whether it is deterministic. Where no feature can be accepted any more the cascade ends, and the
verdict says what was not looked at; what is accepted has met the whole panel.
Everything here is evidence about a feature on images we drew ourselves; nothing of it says how well
the feature tells patients apart. No threshold was chosen on labelled images.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import ContractError, PackError
from scafe.knowledge.contract.extractor import Extractor, parse_extractor
from scafe.knowledge.criteria.pack import CriteriaPack, Criterion
from scafe.sandbox.pool.pool import Fault, ImageAndMask, Pool
from scafe.sandbox.pool.second_look import agree
from scafe.sandbox.probes import findings as words
from scafe.sandbox.probes.checks import findings_on, twins
from scafe.sandbox.probes.evidence import Measured, Response, measure
from scafe.sandbox.probes.kept_panel import panel_in
from scafe.sandbox.probes.panel import Panel, Sweep
from scafe.sandbox.probes.ranges import Range
from scafe.sandbox.probes.verdict import DialResponse, FeatureEvidence, Finding, Verdict

Determinism = Callable[[str, Sequence[ImageAndMask]], tuple[Finding, ...]]

Depth = Literal["decided", "whole"]
"""decided: end as soon as no feature can be accepted · whole: look at everything, whatever was found, so that
a drafter, who has two repairs, reads every finding at once."""


def judge(
    source: str,
    pack: CriteriaPack,
    pool: Pool,
    seed: int = 0,
    determinism: Determinism | None = None,
    *,
    depth: Depth = "decided",
    cache: Path | None = None,
    fitted: tuple[Range, ...] = (),
) -> Verdict:
    """Judge one extractor over the pack's phantom. Deterministic by (source, pack, seed, depth).

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
        Runs the extractor in differently started workers; by default the drawn phantoms are run again in
        a fresh one, in opposite order.
    depth : {'decided', 'whole'}
        When to end. What is accepted, and what is said of it, is the same; of a rejected one more is said.
    cache : Path, optional
        Folder in which rendered phantoms are kept for other processes.
    fitted : tuple of Range
        How far nuisances go, from `scafe phantoms fit`.

    Returns
    -------
    Verdict
        A refusal, fault or unmet claim of the extractor is a finding, never an exception.

    Raises
    ------
    SandboxError
        If the sandbox itself fails.
    """
    opened = _opened(source, pack)
    if isinstance(opened, Verdict):
        return opened
    look = _Look(source, panel_in(cache, pack.phantom, seed, fitted), pool)
    return _cascade(_Case(*opened, look), depth, determinism or look.again)


def _opened(source: str, pack: CriteriaPack) -> tuple[Extractor, Criterion] | Verdict:
    """Return what a module is and claims, or the verdict that it is no extractor of the pack."""
    try:
        extractor = parse_extractor(source)
        return extractor, _claimed(extractor, pack)
    except (ContractError, PackError) as error:
        return _rejected(source, "", words.contract(str(error), getattr(error, "line", None)))


def _cascade(case: "_Case", depth: Depth, determinism: Determinism) -> Verdict:
    look = case.look
    stages = _stages(look.panel, case.criterion, depth)
    if depth == "decided" and not look.panel.is_rendered:
        look.few = np.unique(np.concatenate([one.where for one in stages[:FIRST_STAGES]]))
    for number, stage in enumerate(stages):
        fatal = look.at(stage.where)
        if fatal:
            return _rejected(look.source, case.criterion.id, *fatal)
        left = [one.title for one in stages[number + 1 :]]
        if number and depth == "decided" and not case.verdict().is_acceptable:
            return case.verdict(not_looked=(*left, STEADINESS))
    return case.verdict(determinism(look.source, look.panel.images))


def _claimed(extractor: Extractor, pack: CriteriaPack) -> Criterion:
    criterion = pack.criterion(extractor.criterion)
    if criterion.observable == "no_image":
        known = ", ".join(one.id for one in pack.observable_criteria)
        raise PackError(f"no image shows {criterion.id}; an extractor may claim one of: {known}")
    return criterion


def _rejected(source: str, criterion: str, *findings: Finding) -> Verdict:
    return Verdict(extractor=words.sha256(source), criterion=criterion, findings=findings)


FIRST_STAGES = 2
"""What a few phantoms and the own dial show decides most rejections; they are a fifth of the rendering."""
STEADINESS = "whether it gives the same value twice"


@dataclass(frozen=True)
class _Stage:
    """Phantoms that are measured together."""

    title: str
    where: NDArray[np.intp]


def _stages(panel: Panel, criterion: Criterion, depth: Depth) -> tuple[_Stage, ...]:
    """Cut the panel into stages, the cheapest and most telling first; each phantom stands in one of them."""
    own = panel.sweep(criterion.dial or "")
    edges = np.array(list(panel.edges.values()))
    parts = [
        ("its own dial", [panel.drawn, panel.still, edges, own.where.ravel()]),
        ("the other dials", _places(panel.dials)),
        ("the nuisances", _places(panel.nuisances)),
        ("the perturbations", list(panel.perturbed.values())),
    ]
    if depth == "whole":
        parts = [("the whole panel", [where for _, found in parts for where in found])]
    stages, seen = [_Stage("a few phantoms", panel.first)], set(panel.first.tolist())
    for title, found in parts:
        new = [place for place in np.unique(np.concatenate(found)).tolist() if place not in seen]
        seen.update(new)
        stages.append(_Stage(title, np.array(new, dtype=np.intp)))
    return tuple(stages)


def _places(sweeps: Sequence[Sweep]) -> list[NDArray[np.intp]]:
    return [one.where.ravel() for one in sweeps]


class _Look:
    """What one extractor gave on the phantoms that were looked at so far."""

    def __init__(self, source: str, panel: Panel, pool: Pool) -> None:
        self.panel = panel
        self.seen = np.zeros(len(panel.images), np.bool_)
        self.faults: list[Fault | None] = [None] * len(panel.images)
        self.rows: NDArray[np.float64] = np.empty((len(panel.images), 0))
        """(n_images, n_features); NaN where nothing was looked at."""
        self.source = source
        self._pool = pool
        self.few: NDArray[np.intp] | None = None
        """Sorted places that a cell is given alone, until others are asked for; none: it is given all."""

    def at(self, where: NDArray[np.intp]) -> tuple[Finding, ...]:
        """Measure some phantoms more; every ordinary one of them must give a row."""
        found = self._pool.extract_part(self.source, *self._given(where))
        if not self.seen.any():
            self.rows = np.full((len(self.panel.images), len(found.names)), np.nan)
        for place, fault in zip(where.tolist(), found.faults, strict=True):
            self.faults[place] = fault
        self.seen[where] = True
        fatal = words.fatal_faults(self.faults, int(self.seen.sum()), self.panel.edges.values())
        if not fatal:
            self.rows[where] = found.rows
        return fatal

    def _given(self, where: NDArray[np.intp]) -> tuple[Sequence[ImageAndMask], list[int]]:
        """Return the images that a cell is given, rendering no others, and where the wanted ones stand."""
        if self.few is None or not np.isin(where, self.few).all():
            self.few = None
            return self.panel.images, where.tolist()
        images = [self.panel.images[place] for place in self.few.tolist()]
        return images, np.searchsorted(self.few, where).tolist()

    def again(self, source: str, images: Sequence[ImageAndMask]) -> tuple[Finding, ...]:
        """Compare a second run, backwards: catches state between calls where no detector is at hand."""
        order = self.panel.drawn[::-1].tolist()
        rows = self._pool.rerun(source, [images[index] for index in order], range(len(order)))
        return () if agree([tuple(self.rows[index]) for index in order], rows) else (words.unsteady(),)


@dataclass(frozen=True)
class _Case:
    """An extractor, what it claims, and what was seen of it."""

    extractor: Extractor
    criterion: Criterion
    look: _Look

    def verdict(self, unsteady: tuple[Finding, ...] = (), not_looked: Sequence[str] = ()) -> Verdict:
        """Say what has been seen so far."""
        measured = {
            feature.name: measure(self.look.panel, self.look.rows[:, number], self.look.seen)
            for number, feature in enumerate(self.extractor.features)
        }
        findings = [*unsteady, *words.edge_faults(self.look.faults, self.look.panel)]
        for feature in self.extractor.features:
            findings += findings_on(feature, self.criterion, measured[feature.name])
        findings += twins(self.extractor, measured)
        lost = any(one.severity == "reject" and one.feature is None for one in findings)
        evidence = tuple(
            _evidence(one.name, measured[one.name], findings, lost, self.criterion.dial)
            for one in self.extractor.features
        )
        notes = (words.not_looked(not_looked),) if not_looked else ()
        return Verdict(
            extractor=self.extractor.sha256,
            criterion=self.criterion.id,
            findings=(*findings, *notes),
            features=evidence,
        )


def _evidence(
    name: str, measured: Measured, findings: list[Finding], lost: bool, dial: str | None
) -> FeatureEvidence:
    own = next((one.reach for one in measured.responses if one.dial == dial), 0.0)
    mine = [one for one in findings if one.feature == name]
    return FeatureEvidence(
        name=name,
        responses=tuple(_answer(one, own) for one in measured.responses),
        nuisance_shifts={one.nuisance: round(one.in_spreads, 3) for one in measured.shifts},
        stability=None if measured.stability is None else round(measured.stability, 3),
        worst_perturbation=measured.worst_perturbation,
        missing=round(measured.missing, 3),
        fingerprint=_fingerprint(measured.drawn),
        accepted=not lost and not any(one.severity == "reject" for one in mine),
    )


def _answer(one: Response, own: float) -> DialResponse:
    """Say how strictly a feature follows a dial, and how far, in multiples of its own dial's reach."""
    return DialResponse(
        name=one.dial,
        spearman=0.0 if one.undefined else round(one.median, 3),
        undefined=one.undefined,
        reach=round(one.reach / own, 2) if own > 0 else None,
    )


def _fingerprint(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(float(f"{value:.4g}") if np.isfinite(value) else None for value in values)
