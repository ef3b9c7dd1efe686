"""Locators that a drafter wrote, on images of patients: bands for the drafter, and which one the study keeps.

No label is looked at. A card tells of a subset of the images that is drawn anew for each source by a key that
no drafter has, in bands whose edges move by the same key; the choice alone is made on exact figures.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from scafe.evals.data.features import write_atomically
from scafe.evals.data.regions.agreement import Behaviour, Seen, behaviour
from scafe.evals.data.regions.looks import MOST_LOST, WHOLE
from scafe.evals.data.sources import digest
from scafe.evals.disclosure.bands import MIN_CELL, Edges
from scafe.evals.disclosure.locators import shipped_locator
from scafe.evals.disclosure.score_card import AreaBand, LocatorCard, LocatorChoice, Third, Why
from scafe.evals.disclosure.session import BenchSession
from scafe.knowledge.contract.errors import ContractError, DatasetError, PackError
from scafe.knowledge.contract.locator import Locator, parse_locator

FIGURES = "drafted_locators.json"
"""Of the bench's private folder: what was seen of all locators, for the owner of the data alone."""
TOLD_SHARE = 0.75
"""Of the images on which locators are compared, the share that a card tells of."""
FAULTY_SHARE = 0.2
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Candidate:
    """A locator with what was seen of it."""

    locator: Locator
    is_shipped: bool
    behaviour: Behaviour

    @property
    def fits(self) -> bool:
        """Whether it gives masks that can be used on most images."""
        one = self.behaviour
        return one.found >= 1 - MOST_LOST and one.area < WHOLE and one.failed <= FAULTY_SHARE

    @property
    def merit(self) -> tuple[float, float]:
        """What candidates are ranked by: agreement with given masks or with one another, then steadiness."""
        one = self.behaviour
        agreement = one.agreement if math.isnan(one.given) else one.given
        return round(agreement, 2), round(one.steadiness, 2) if math.isfinite(one.steadiness) else 0.0


def compare_drafts(session: BenchSession, sources: Sequence[str]) -> tuple[LocatorCard, ...]:
    """Run locators that passed the probes, and say in bands what they do.

    Raises
    ------
    ContractError
        A source is no locator of the region.
    SandboxError
        If the sandbox itself fails.
    """
    drafts = [_of_region(session, source) for source in sources]
    among = [*drafts, *_shipped_beside(session, drafts)]
    return tuple(
        card_of(session.key, one.sha256, session.watch.seen(one.source), _others(session, one, among))
        for one in drafts
    )


def card_of(key: str, sha256: str, own: Seen, others: Sequence[Seen]) -> LocatorCard:
    """Put what one locator gave into bands.

    Parameters
    ----------
    key : str
        The study's, which no drafter has: it draws the images that are told of, and moves the edges.
    sha256 : str
        Of the source: the same source is always told of alike.
    """
    rows = _subset(key, sha256, "images", len(own.masks))
    given = _subset(key, sha256, "given", len(own.given))
    least = math.ceil(MIN_CELL * TOLD_SHARE)
    seen = behaviour(own, others, rows, given, least)
    return _banded(sha256, seen, Edges(key, sha256), len(rows) >= least, bool(others))


def choose_draft(session: BenchSession, sources: Sequence[str]) -> LocatorChoice:
    """Keep the locator that agrees most, and fill every mask that was not given by it.

    With masks given for `MIN_CELL` development images or more, agreement with these decides (median Dice),
    else agreement of the locators with one another. The one that ships is a candidate like the drafts, votes,
    and is kept where no draft fits the images.

    Raises
    ------
    DatasetError
        What the locators find cannot be right; the message names the first row.
    PackError
        No draft fits, and nothing ships for the region.
    """
    drafts = [_of_region(session, source) for source in sources]
    shipped = _shipped_beside(session, drafts)
    candidates = [_candidate(session, one, [*shipped, *drafts], shipped) for one in [*shipped, *drafts]]
    fit = [one for one in candidates if one.fits or not session.watch.images]
    ranked = (
        sorted(fit, key=lambda one: one.merit, reverse=True) if any(not one.is_shipped for one in fit) else []
    )
    kept = _first_plausible(session, ranked) or _fallen_back(session)
    _write_figures(session.folder / FIGURES, candidates, kept)
    return LocatorChoice(
        chosen="reference" if _is_shipped(session, kept) else "draft",
        why=_why(ranked, kept),
        compared=len(candidates),
        facts=session.regions.facts(session.key),  # type: ignore[union-attr]
    )


def _of_region(session: BenchSession, source: str) -> Locator:
    locator = parse_locator(source)
    if locator.region != session.pack.region:
        raise ContractError(
            f'LOCATOR is "{locator.region}"; the region of the pack is "{session.pack.region}"'
        )
    return locator


def _shipped_beside(session: BenchSession, drafts: Sequence[Locator]) -> list[Locator]:
    shipped = shipped_locator(session.pack)
    return [] if shipped is None or shipped.sha256 in {one.sha256 for one in drafts} else [shipped]


def _candidate(
    session: BenchSession, one: Locator, among: Sequence[Locator], shipped: Sequence[Locator]
) -> Candidate:
    watch = session.watch
    rows, given = range(len(watch.images)), range(len(watch.outlined))
    seen = behaviour(watch.seen(one.source), _others(session, one, among), rows, given, MIN_CELL)
    return Candidate(one, one in shipped, seen)


def _others(session: BenchSession, one: Locator, among: Sequence[Locator]) -> list[Seen]:
    return [session.watch.seen(other.source) for other in among if other.sha256 != one.sha256]


def _banded(sha256: str, seen: Behaviour, edges: Edges, is_told: bool, has_others: bool) -> LocatorCard:
    found = edges.share(seen.found, "locator")
    placed = is_told and found != "0-20%"
    return LocatorCard(
        locator=sha256,
        status="faulty" if is_told and seen.failed > edges.move(FAULTY_SHARE, "failed") else "ok",
        found=found if is_told else UNKNOWN,
        area=_area(seen.area, edges) if placed else UNKNOWN,
        height=_third(seen.centre[0], edges, "height") if placed else UNKNOWN,
        breadth=_third(seen.centre[1], edges, "breadth") if placed else UNKNOWN,
        steadiness=edges.stability(seen.steadiness, "steadiness") if is_told else UNKNOWN,
        worst_perturbation=seen.worst if is_told else "",
        agreement=edges.stability(seen.agreement, "agreement") if is_told and has_others else UNKNOWN,
        given=edges.stability(seen.given, "given"),
    )


def _area(area: float, edges: Edges) -> AreaBand:
    bands: tuple[tuple[float, AreaBand], ...] = ((0.03, "<3%"), (0.15, "3-15%"), (0.5, "15-50%"))
    return next((band for edge, band in bands if area < edges.move(edge, "area")), ">50%")


def _third(place: float, edges: Edges, what: str) -> Third:
    if place < edges.move(1 / 3, what):
        return "first"
    return "middle" if place < edges.move(2 / 3, what) else "last"


def _subset(key: str, sha256: str, what: str, count: int) -> list[int]:
    ranked = sorted(range(count), key=lambda row: digest(key.encode(), f"{sha256} {what} {row}".encode()))
    return sorted(ranked[: math.ceil(TOLD_SHARE * count)])


def _first_plausible(session: BenchSession, ranked: Sequence[Candidate]) -> Locator | None:
    for one in ranked:
        try:
            session.adopt(one.locator)
        except DatasetError:  # on the other images: the next one may do better
            continue
        return one.locator
    return None


def _fallen_back(session: BenchSession) -> Locator:
    shipped = shipped_locator(session.pack)
    if shipped is None:
        raise PackError(
            f"no locator that was drafted for the region {session.pack.region!r} passed the probes and fits "
            "the images, and none ships for it; give one with --locator FILE, give masks, or measure whole "
            "images with --locator none"
        )
    session.adopt(shipped)
    return shipped


def _is_shipped(session: BenchSession, locator: Locator) -> bool:
    shipped = shipped_locator(session.pack)
    return shipped is not None and shipped.sha256 == locator.sha256


def _why(ranked: Sequence[Candidate], kept: Locator) -> Why:
    found = next((one for one in ranked if one.locator.sha256 == kept.sha256), None)
    if found is None:
        return "no draft passed the probes and fits the images"
    if sum(one.merit == found.merit for one in ranked) > 1:
        return "is the first of those that agree most, the one that ships before drafts"
    told = math.isnan(found.behaviour.given)
    return "agrees most with the other locators" if told else "agrees most with the given masks"


def _write_figures(path: Path, candidates: Sequence[Candidate], kept: Locator) -> None:
    """Keep every figure for the owner of the data; nothing of the file leaves the machine."""
    rows = [
        {
            "sha256": one.locator.sha256,
            "ships": one.is_shipped,
            "kept": one.locator.sha256 == kept.sha256,
            "images": {name: _finite(value) for name, value in asdict(one.behaviour).items()},
        }
        for one in candidates
    ]
    write_atomically(path, json.dumps(rows, indent=1, sort_keys=True).encode())


def _finite(value: object) -> object:
    if isinstance(value, tuple):
        return [_finite(one) for one in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 3)
    return value
