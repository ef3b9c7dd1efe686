"""Measure extractors on scored images and set every feature beside the experts of every scored criterion."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scafe.evals.data.formats import read_as
from scafe.evals.data.regions.store import as_kept
from scafe.evals.data.rules.reading import Reading
from scafe.evals.experts.agreement import (
    Agreement,
    RaterAgreement,
    agreement,
    as_plain,
    chance_warnings,
    rater_agreement,
)
from scafe.evals.experts.scores import Floats, Scored
from scafe.evals.experts.straying import strays_to
from scafe.knowledge.contract.extractor import Extractor
from scafe.knowledge.contract.locator import Locator
from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.pool.regions.finding import locate

BATCH = 64
"""Images held in memory at once."""


@dataclass(frozen=True)
class Stray:
    """A feature that measures something else than it says."""

    feature: str
    criterion: str
    """Its own."""
    strays_to: str

    def __str__(self) -> str:
        return (
            f"{self.feature} answers clearly better to the experts' scores of {self.strays_to} than to those "
            f"of its own criterion {self.criterion}"
        )


@dataclass(frozen=True)
class Validation:
    """Experts' scores against features."""

    raters: tuple[RaterAgreement, ...]
    agreements: tuple[Agreement, ...]
    """Every feature against every scored criterion, the strongest of a criterion first."""
    masks_found: int
    """Images whose mask a locator found; 0 if none was asked for."""
    images: int
    strays: tuple[Stray, ...] = ()
    """Features that answer clearly better to another scored criterion than to their own."""

    def of(self, criterion: str) -> tuple[Agreement, ...]:
        """Agreements with one criterion, the strongest first."""
        return tuple(one for one in self.agreements if one.criterion == criterion)

    def warnings(self) -> tuple[str, ...]:
        """Say where experts disagree, or where a feature answers to another criterion than its own."""
        said = chance_warnings(self.raters)
        strayed = (_elsewhere(self, one.criterion) for one in self.raters)
        return (*said, *map(str, self.strays), *(one for one in strayed if one))

    def as_plain(self) -> dict[str, Any]:
        """Return the whole for JSON."""
        return {
            "images": self.images,
            "masks_found": self.masks_found,
            "raters": [as_plain(one) for one in self.raters],
            "strays": [asdict(one) for one in self.strays],
            "agreements": [as_plain(one) for one in self.agreements],
            "warnings": list(self.warnings()),
        }


def validate(
    scored: Scored, extractors: Sequence[Extractor], pool: Pool, locator: Locator | None
) -> Validation:
    """Measure every extractor on every image, in batches, and compare.

    Parameters
    ----------
    scored : Scored
    extractors : sequence of Extractor
        Their features are compared with all scored criteria, their own and others.
    pool : Pool
        Open sandbox.
    locator : Locator, optional
        Finds the masks that are not given; without it they are whole frames.
    """
    columns: dict[tuple[str, str], list[Floats]] = {}
    found = 0
    for start in range(0, len(scored.listed), BATCH):
        images, located = _images(scored, start, pool, locator)
        found += located
        for one in extractors:
            rows = pool.extract(one.source, images).rows
            for place, feature in enumerate(one.features):
                columns.setdefault((one.criterion, feature.name), []).append(rows[:, place])
    values = {key: np.concatenate(parts) for key, parts in columns.items()}
    signs = {f.name: -1 if f.direction == "down" else 1 for one in extractors for f in one.features}
    agreements = [
        agreement(
            column, scores, scored.patients, name, sign=signs[name], is_own=criterion == scores.criterion
        )
        for scores in scored.criteria
        for (criterion, name), column in values.items()
    ]
    order = sorted(agreements, key=lambda one: (one.criterion, -_known(one.strength), one.feature))
    raters = tuple(rater_agreement(one) for one in scored.criteria)
    return Validation(raters, tuple(order), found, len(scored.listed), _strays(scored, values, signs))


def _strays(
    scored: Scored, values: Mapping[tuple[str, str], Floats], signs: Mapping[str, int]
) -> tuple[Stray, ...]:
    by_name = {one.criterion: one for one in scored.criteria}
    found = []
    for (criterion, name), column in values.items():
        if criterion in by_name:
            others = [one for one in scored.criteria if one.criterion != criterion]
            elsewhere = strays_to(column, by_name[criterion], others, signs[name])
            found += [Stray(name, criterion, elsewhere)] if elsewhere else []
    return tuple(found)


def _images(
    scored: Scored, start: int, pool: Pool, locator: Locator | None
) -> tuple[list[ImageAndMask], int]:
    listed = scored.listed[start : start + BATCH]
    pairs = [read_as(one.pixels, Reading(None)).read(one.where).pair for one in listed]
    lacking = [place for place, one in enumerate(listed) if one.mask is None and locator is not None]
    if locator is None or not lacking:
        return pairs, 0
    located = locate(pool, locator.source, [pairs[place].image for place in lacking])
    regions = [as_kept(one, pairs[place].image) for place, one in zip(lacking, located.found, strict=True)]
    for place, region in zip(lacking, regions, strict=True):
        pairs[place] = ImageAndMask(pairs[place].image, region.mask)
    return pairs, sum(one.origin == "found" for one in regions)


def _known(value: float) -> float:
    return -np.inf if np.isnan(value) else value


def _elsewhere(validation: Validation, criterion: str) -> str:
    """Say if some other criterion's feature agrees with the experts clearly better than any own one."""
    own = [one for one in validation.of(criterion) if one.is_own and not np.isnan(one.value)]
    others = [one for one in validation.of(criterion) if not one.is_own and not np.isnan(one.value)]
    if not own or not others or own[0].high >= others[0].value:
        return ""
    return (
        f"{criterion}: {others[0].feature} of another criterion agrees with the experts better "
        f"({others[0].value:.2f}) than any feature of its own (best {own[0].feature}, {own[0].value:.2f})"
    )
