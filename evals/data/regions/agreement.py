"""Which of several locators to trust on images without masks: the one that the others agree with most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.sandbox.pool.pool import ImageAndMask, Pool
from scafe.sandbox.pool.regions.finding import locate
from scafe.sandbox.probes.perturbations import perturb
from scafe.sandbox.probes.regions.evidence import dice

Mask = NDArray[np.bool_]
SHAKEN = ("brightness", "jpeg", "shift")
"""Perturbations under which steadiness is looked at; the two others move masks less."""


@dataclass(frozen=True)
class Behaviour:
    """What one locator does on images of patients, without a look at a label."""

    found: float
    """Share of images on which something was found."""
    area: float
    """Median share of the frame, where something was found; 0 where nothing was."""
    steadiness: float
    """Median Dice of its mask with that of the perturbed image, over the perturbation that moves it most."""
    agreement: float
    """Mean over the other locators of the median Dice with theirs; 1 with nobody to agree with."""
    given: float
    """Median Dice with given masks; NaN where too few are given."""


def behaviours(
    pool: Pool,
    sources: Sequence[str],
    images: Sequence[ImageAndMask],
    outlined: Sequence[ImageAndMask],
    least_given: int,
) -> tuple[Behaviour, ...]:
    """Run locators over some images and compare them.

    Parameters
    ----------
    sources : sequence of str
        Locators that the probes let through.
    images : sequence of ImageAndMask
        Without given masks.
    outlined : sequence of ImageAndMask
        With given masks.
    least_given : int
        Fewest given masks from which agreement with them is told.

    Raises
    ------
    SandboxError
        If the sandbox itself fails.
    """
    masks = [_masks(pool, source, images) for source in sources]
    agreements = agreement_of(masks)
    return tuple(
        Behaviour(
            found=float(np.mean([mask.any() for mask in own])),
            area=_area(own),
            steadiness=min(_shaken(pool, source, images, own, name) for name in SHAKEN),
            agreement=agreements[place],
            given=_given(pool, source, outlined) if len(outlined) >= least_given else float("nan"),
        )
        for place, (source, own) in enumerate(zip(sources, masks, strict=True))
    )


def agreement_of(masks: Sequence[Sequence[Mask]]) -> tuple[float, ...]:
    """Return, for each locator, the mean over the others of the median Dice of its masks with theirs.

    Two empty masks agree. A locator that stands apart from all others scores low, however sure it is.
    """
    if len(masks) < 2:
        return (1.0,) * len(masks)
    count = len(masks)
    table = np.ones((count, count))
    for one in range(count):
        for other in range(one):
            pairs = zip(masks[one], masks[other], strict=True)
            table[one, other] = table[other, one] = np.median([dice(*pair) for pair in pairs])
    return tuple(float(one) for one in (table.sum(axis=1) - 1) / (count - 1))


def _masks(pool: Pool, source: str, images: Sequence[ImageAndMask]) -> tuple[Mask, ...]:
    shown = [one.image for one in images]
    return locate(pool, source, shown).masks([one.shape for one in shown])


def _area(masks: Sequence[Mask]) -> float:
    found = [float(mask.mean()) for mask in masks if mask.any()]
    return float(np.median(found)) if found else 0.0


def _shaken(pool: Pool, source: str, images: Sequence[ImageAndMask], own: Sequence[Mask], name: str) -> float:
    changed = [
        perturb(name, one.image, mask, seed) for seed, (one, mask) in enumerate(zip(images, own, strict=True))
    ]
    again = _masks(pool, source, changed)
    return float(np.median([dice(one.mask, mask) for one, mask in zip(changed, again, strict=True)]))


def _given(pool: Pool, source: str, outlined: Sequence[ImageAndMask]) -> float:
    masks = _masks(pool, source, outlined)
    return float(np.median([dice(one.mask, mask) for one, mask in zip(outlined, masks, strict=True)]))
