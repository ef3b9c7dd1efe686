"""Judge one locator over the pack's phantom: evidence on images we drew ourselves, never about patients."""

from collections.abc import Callable

import numpy as np

from scafe.knowledge.contract.errors import ContractError, PackError
from scafe.knowledge.contract.locator import Locator, parse_locator
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.knowledge.phantoms import load_phantom
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.pool.regions.finding import locate
from scafe.sandbox.pool.regions.located import Located
from scafe.sandbox.probes.findings import contract, sha256
from scafe.sandbox.probes.regions import words
from scafe.sandbox.probes.regions.cases import Cases, build_cases
from scafe.sandbox.probes.regions.evidence import LocatorEvidence, UnderNuisance, measure
from scafe.sandbox.probes.regions.verdict import LocatorVerdict
from scafe.sandbox.probes.verdict import Finding, Severity

LEAST_DICE = 0.5
"""Median Dice below which a mask is somewhere else."""
GOOD_DECILE = 0.3
WHOLE = 0.9
POINT = 0.002
"""Share of the frame below which a mask is no region."""
MOST_EMPTY = 0.4
MOST_ON_MARKS = 0.5
LEAST_FOLLOWING = 0.4
"""Share of a move; honest locators follow by .7 and more, a fixed place by 0."""
STEADY, UNSTEADY = 0.85, 0.6
"""Dice with its own mask after a harmless change: above the first all is well, below the second it is not."""
DROP, LARGE_DROP = 0.25, 0.5
"""Fall of mean Dice under a nuisance that is worth a word, and that turns away."""
SURE = 0.9
"""Share of its usual confidence with which a locator may not find what is not there."""


def judge_locator(source: str, pack: CriteriaPack, pool: Pool, seed: int = 0) -> LocatorVerdict:
    """Judge one locator. Deterministic by (source, pack, seed).

    Parameters
    ----------
    source : str
        The whole module; may be anything, also hostile.
    pack : CriteriaPack
        Names the phantom and the region.
    pool : Pool
        Open sandbox.
    seed : int
        Draws the phantoms.

    Returns
    -------
    LocatorVerdict
        A refusal, fault or miss of the locator is a finding, never an exception.

    Raises
    ------
    PackError
        The pack names no region.
    SandboxError
        If the sandbox itself fails.
    """
    if pack.region is None:
        raise PackError(f"pack {pack.id} names no `region`, so there is nothing to locate")
    try:
        locator = parse_locator(source)
    except ContractError as error:
        return _turned_away(source, "", contract(str(error), error.line))
    if locator.region != pack.region:
        return _turned_away(source, locator.region, words.other_region(locator.region, pack.region))
    cases = build_cases(pack.phantom, seed)
    located = locate(pool, source, cases.images, talkative=True, twice=True)
    if fatal := _fatal(located, cases):
        return _turned_away(source, locator.region, fatal)
    return _verdict(locator, pack, cases, located)


def _turned_away(source: str, region: str, finding: Finding) -> LocatorVerdict:
    return LocatorVerdict(locator=sha256(source), region=region, findings=(finding,))


def _fatal(located: Located, cases: Cases) -> Finding | None:
    """Report the first fault on an ordinary phantom: each of them must give a mask."""
    edges = set(cases.edges.values())
    for index, fault in enumerate(located.faults):
        if fault is not None and (index not in edges or fault.kind in ("refused", "state")):
            number = sum(one is not None for one in located.faults)
            return words.faulty(fault, "reject", f"on {number} of {len(located.faults)} phantoms")
    return None


def _verdict(locator: Locator, pack: CriteriaPack, cases: Cases, located: Located) -> LocatorVerdict:
    seen = measure(cases, located)
    meanings = {one.name: one.meaning for one in load_phantom(pack.phantom).nuisances}
    findings = [
        *_edges(located, cases),
        *_place(seen, meanings),
        *_steadiness(seen, meanings),
        *_bare(seen),
    ]
    return LocatorVerdict(
        locator=locator.sha256,
        region=locator.region,
        findings=tuple(findings),
        dice=round(seen.median_dice, 3),
        worst_decile=round(seen.worst_decile, 3),
        stability=round(seen.stability[seen.least_stable], 3),
        found_in_bare=None if np.isnan(seen.found_in_bare) else round(seen.found_in_bare, 3),
        nuisance_drops={one.name: round(one.without - one.turned, 3) for one in seen.nuisances},
    )


def _edges(located: Located, cases: Cases) -> list[Finding]:
    found = []
    for case, index in cases.edges.items():
        fault = located.faults[index]
        if fault is not None:
            fatal: Severity = "reject" if fault.kind in ("timeout", "memory", "killed") else "warn"
            where = f"on the edge case '{case}'; return an empty mask there"
            found.append(words.faulty(fault, fatal, where))
    return found


def _place(seen: LocatorEvidence, meanings: dict[str, str]) -> list[Finding]:
    """Name the one cause that explains a wrong place best; a miss without a known cause is just that."""
    area, empty = float(np.median(seen.areas)), float(np.mean(seen.areas == 0))
    complement = float(np.median(seen.complement))
    marked = max(seen.nuisances, key=lambda one: one.on_marks)
    causes: tuple[tuple[bool, Callable[[], Finding]], ...] = (
        (marked.on_marks > MOST_ON_MARKS, lambda: words.reads_marks(marked, meanings[marked.name])),
        (empty > MOST_EMPTY, lambda: words.nothing_found(empty)),
        (area >= WHOLE, lambda: words.whole_frame(area)),
        (area < POINT, lambda: words.point(area)),
        (complement > seen.median_dice + DROP, lambda: words.inverted(seen, complement)),
        (seen.follows < LEAST_FOLLOWING, lambda: words.fixed_place(seen.follows)),
        (seen.median_dice < LEAST_DICE, lambda: words.misses(seen, LEAST_DICE)),
    )
    found = next(([told()] for holds, told in causes if holds), [])
    if not found and seen.worst_decile < GOOD_DECILE:
        found = [words.fails_often(seen, GOOD_DECILE)]
    return found


def _steadiness(seen: LocatorEvidence, meanings: dict[str, str]) -> list[Finding]:
    found = [
        words.lost_under(one, meanings[one.name], "reject" if _drop(one) > LARGE_DROP else "warn")
        for one in sorted(seen.nuisances, key=lambda one: (-_drop(one), one.name))
        if _drop(one) > DROP
    ]
    least = seen.stability[seen.least_stable]
    if least < STEADY:
        found.append(words.unstable(seen, "reject" if least < UNSTEADY else "warn"))
    return found


def _drop(one: UnderNuisance) -> float:
    return one.without - one.turned


def _bare(seen: LocatorEvidence) -> list[Finding]:
    if np.isnan(seen.found_in_bare) or seen.found_in_bare <= MOST_EMPTY / 2:
        return []
    always = seen.found_in_bare > 1 - MOST_EMPTY / 2
    sure = seen.confidence_in_bare >= SURE * seen.confidence
    return [words.sees_things(seen, "reject" if always and sure else "warn")]
