"""Which of several locators to trust on images without masks: the one that the others agree with most."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.sandbox.pool.extraction import Fault
from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.pool.regions.finding import locate
from scafe.sandbox.probes.perturbations import perturb
from scafe.sandbox.probes.regions.evidence import dice

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Rows = Sequence[int]
SHAKEN = ("brightness", "jpeg", "shift")
"""Perturbations under which steadiness is looked at; the two others move masks less."""


@dataclass(frozen=True)
class Behaviour:
    """What one locator does on images of patients, without a look at a label."""

    found: float
    """Share of images on which something was found."""
    failed: float
    """Share of images on which it gave no mask at all."""
    area: float
    """Median share of the frame, where something was found; 0 where nothing was."""
    centre: tuple[float, float]
    """Median height and breadth of the mask's centre, 0 (top, left) to 1; NaN where nothing was found."""
    steadiness: float
    """Median Dice of its mask with that of the perturbed image, over the perturbation that moves it most."""
    worst: str
    """That perturbation."""
    agreement: float
    """Mean over the other locators of the median Dice with theirs; 1 with nobody to agree with."""
    given: float
    """Median Dice with given masks; NaN where too few are given."""


@dataclass(frozen=True)
class Seen:
    """What one locator gave on every image, kept so that it runs once however often it is compared."""

    masks: tuple[Mask, ...]
    failed: NDArray[np.bool_]
    """(n,) whether it gave no mask."""
    shaken: Mapping[str, Floats]
    """Perturbation -> (n,) Dice of its mask with that of the perturbed image."""
    given: Floats
    """(m,) Dice with the given masks."""


class Watch:
    """Runs locators over some images of patients, each once.

    Parameters
    ----------
    pool : Pool
        Open sandbox.
    images : sequence of ImageAndMask
        Without given masks.
    outlined : sequence of ImageAndMask
        With given masks.
    """

    def __init__(self, pool: Pool, images: Sequence[ImageAndMask], outlined: Sequence[ImageAndMask]) -> None:
        self.images, self.outlined = images, outlined
        self._pool = pool
        self._seen: dict[str, Seen] = {}

    def seen(self, source: str) -> Seen:
        """Return what a locator gave, running it the first time; SandboxError if the sandbox itself fails."""
        key = hashlib.sha256(source.encode()).hexdigest()
        if key not in self._seen:
            self._seen[key] = self._look(source)
        return self._seen[key]

    def _look(self, source: str) -> Seen:
        shown = [one.image for one in self.images]
        located = locate(self._pool, source, shown)
        masks = located.masks([one.shape for one in shown])
        return Seen(
            masks=masks,
            failed=np.array([isinstance(one, Fault) for one in located.found], np.bool_),
            shaken={name: self._shaken(source, masks, name) for name in SHAKEN},
            given=self._given(source),
        )

    def _shaken(self, source: str, own: Sequence[Mask], name: str) -> Floats:
        pairs = enumerate(zip(self.images, own, strict=True))
        changed = [perturb(name, one.image, mask, seed) for seed, (one, mask) in pairs]
        again = self._masks(source, changed)
        return np.array([dice(one.mask, mask) for one, mask in zip(changed, again, strict=True)])

    def _given(self, source: str) -> Floats:
        masks = self._masks(source, self.outlined) if self.outlined else ()
        return np.array([dice(one.mask, mask) for one, mask in zip(self.outlined, masks, strict=True)])

    def _masks(self, source: str, images: Sequence[ImageAndMask]) -> tuple[Mask, ...]:
        shown = [one.image for one in images]
        return locate(self._pool, source, shown).masks([one.shape for one in shown])


def behaviour(own: Seen, others: Sequence[Seen], rows: Rows, given_rows: Rows, least_given: int) -> Behaviour:
    """Put what one locator gave into figures, beside what others gave on the same images.

    Parameters
    ----------
    own : Seen
    others : sequence of Seen
        Locators to agree with.
    rows, given_rows : sequence of int
        The images, without and with given masks, that count.
    least_given : int
        Fewest given masks from which agreement with them is told.
    """
    masks = [own.masks[row] for row in rows]
    worst, steadiness = _least_steady(own, rows)
    told = len(given_rows) >= least_given
    return Behaviour(
        found=float(np.mean([mask.any() for mask in masks])) if masks else 0.0,
        failed=float(own.failed[list(rows)].mean()) if masks else 0.0,
        area=_area(masks),
        centre=_centre(masks),
        steadiness=steadiness,
        worst=worst,
        agreement=agreement_of([masks, *([one.masks[row] for row in rows] for one in others)])[0],
        given=float(np.median(own.given[list(given_rows)])) if told else float("nan"),
    )


def agreement_of(masks: Sequence[Sequence[Mask]]) -> tuple[float, ...]:
    """Return, for each locator, the mean over the others of the median Dice of its masks with theirs.

    Two empty masks agree. A locator that stands apart from all others scores low, however sure it is.
    """
    if len(masks) < 2 or not masks[0]:
        return (1.0,) * len(masks)
    count = len(masks)
    table = np.ones((count, count))
    for one in range(count):
        for other in range(one):
            pairs = zip(masks[one], masks[other], strict=True)
            table[one, other] = table[other, one] = np.median([dice(*pair) for pair in pairs])
    return tuple(float(one) for one in (table.sum(axis=1) - 1) / (count - 1))


def _area(masks: Sequence[Mask]) -> float:
    found = [float(mask.mean()) for mask in masks if mask.any()]
    return float(np.median(found)) if found else 0.0


def _centre(masks: Sequence[Mask]) -> tuple[float, float]:
    found = [(np.argwhere(mask).mean(axis=0) + 0.5) / mask.shape for mask in masks if mask.any()]
    if not found:
        return float("nan"), float("nan")
    height, breadth = np.median(found, axis=0)
    return float(height), float(breadth)


def _least_steady(own: Seen, rows: Rows) -> tuple[str, float]:
    if not rows:
        return "", float("nan")
    medians = {name: float(np.median(told[list(rows)])) for name, told in own.shaken.items()}
    worst = min(medians, key=lambda name: medians[name])
    return worst, medians[worst]
