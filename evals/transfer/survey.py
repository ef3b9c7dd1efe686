"""Measure extractors on images that need no label, batch by batch, and on phantoms beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.formats import read_as
from scafe.evals.data.regions.listing import Shown
from scafe.evals.data.regions.store import as_kept
from scafe.evals.data.rules.reading import Reading
from scafe.evals.transfer.steadiness import steadiness
from scafe.evals.transfer.surroundings import Surroundings, surroundings
from scafe.evals.transfer.transfer import Transfer, transfer_of
from scafe.knowledge.contract.extractor import Extractor
from scafe.knowledge.contract.locator import Locator
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.pool.regions.finding import locate
from scafe.sandbox.probes.panel import build_panel
from scafe.sandbox.probes.perturbations import PERTURBATIONS, perturb

Floats = NDArray[np.float64]
BATCH = 64
"""Images held in memory at once."""
PERTURBED = 24
"""Images on which stability is measured, spread evenly over the data set; as in a run."""


@dataclass(frozen=True)
class Surveyed:
    """One feature and how it does on the images."""

    criterion: str
    transfer: Transfer


@dataclass
class _Sheet:
    """What one extractor gave so far."""

    extractor: Extractor
    plain: list[Floats] = field(default_factory=list)
    steady: list[Floats] = field(default_factory=list)
    """Rows of the images that are perturbed, as they are."""
    changed: list[Floats] = field(default_factory=list)


def survey(
    shown: Sequence[Shown],
    extractors: Sequence[Extractor],
    pack: CriteriaPack,
    pool: Pool,
    locator: Locator | None = None,
    *,
    mask_label: int | None = None,
    seed: int = 0,
) -> tuple[Surveyed, ...]:
    """Measure features on all images and say how they transfer; no label is read.

    Parameters
    ----------
    shown : sequence of Shown
    extractors : sequence of Extractor
        Of criteria of `pack`.
    locator : Locator, optional
        Finds the masks that are not given.
    mask_label : int, optional
        The level of given masks that marks the region.
    seed : int
        Draws the phantoms, as the probes of a run with that seed do.
    """
    sheets, parts = [_Sheet(one) for one in extractors], []
    step = max(1, len(shown) // PERTURBED)
    for start in range(0, len(shown), BATCH):
        pairs = _read(shown[start : start + BATCH], pool, locator, mask_label)
        parts.append(surroundings(pairs))
        chosen = [place for place in range(len(pairs)) if (start + place) % step == 0]
        for sheet in sheets:
            _measure(sheet, pairs, chosen, pool)
    panel = build_panel(pack.phantom, seed)
    drawn = [panel.images[place] for place in (*panel.drawn, *panel.still)]
    phantoms = [pool.extract(one.source, drawn).rows for one in extractors]
    return _compared(sheets, phantoms, _joined(parts))


def _read(
    shown: Sequence[Shown], pool: Pool, locator: Locator | None, mask_label: int | None
) -> list[ImageAndMask]:
    pairs = [read_as(one.pixels, Reading(mask_label)).read(one.where).pair for one in shown]
    lacking = [place for place, one in enumerate(shown) if one.mask is None and locator is not None]
    if locator is not None and lacking:
        located = locate(pool, locator.source, [pairs[place].image for place in lacking])
        for place, found in zip(lacking, located.found, strict=True):
            image = pairs[place].image
            pairs[place] = ImageAndMask(image, as_kept(found, image).mask)
    return pairs


def _measure(sheet: _Sheet, pairs: list[ImageAndMask], chosen: list[int], pool: Pool) -> None:
    rows = pool.extract(sheet.extractor.source, pairs).rows
    sheet.plain.append(rows)
    sheet.steady.append(rows[chosen])
    changed = [
        perturb(name, pairs[place].image, pairs[place].mask, place)
        for place in chosen
        for name in PERTURBATIONS
    ]
    if changed:
        sheet.changed.append(pool.extract(sheet.extractor.source, changed).rows)


def _joined(parts: Sequence[Surroundings]) -> Surroundings:
    columns = [part.columns() for part in parts]
    return Surroundings(
        **{name: np.concatenate([one[name] for one in columns]) for name in ("size", "border", "exposure")}
    )


def _compared(
    sheets: Sequence[_Sheet], phantoms: Sequence[Floats], around: Surroundings
) -> tuple[Surveyed, ...]:
    values = [np.concatenate(sheet.plain) for sheet in sheets]
    found = []
    for number, sheet in enumerate(sheets):
        others: dict[str, list[Floats]] = {}
        for other, rows in zip(sheets, values, strict=True):
            if other.extractor.criterion != sheet.extractor.criterion:
                others.setdefault(other.extractor.criterion, []).extend(rows.T)
        steady, changed = np.concatenate(sheet.steady), np.concatenate(sheet.changed)
        for place, name in enumerate(sheet.extractor.names):
            one = transfer_of(
                name,
                values[number][:, place],
                phantoms[number][:, place],
                around,
                steadiness(steady[:, place], changed[:, place]),
                others,
            )
            found.append(Surveyed(sheet.extractor.criterion, one))
    return tuple(found)
