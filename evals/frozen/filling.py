"""The locator of a bundle at work: it fills the masks of images that come without one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scafe.evals.data.regions.counts import Origin, RegionCounts
from scafe.evals.frozen.bundle import Bundle
from scafe.knowledge.contract.errors import IntegrityError
from scafe.sandbox.pool.pool import Fault, ImageAndMask, Pool
from scafe.sandbox.pool.regions.finding import locate
from scafe.sandbox.pool.regions.located import Region


@dataclass(frozen=True)
class FilledImages:
    """Images as extractors get them, and where each mask comes from."""

    images: tuple[ImageAndMask, ...]
    origins: tuple[Origin | None, ...]
    """None: no mask was given and the bundle has no locator, so the whole image is measured."""

    def counts(self) -> RegionCounts:
        """Count where masks come from."""
        return RegionCounts.of(one for one in self.origins if one is not None)


def fill(bundle: Bundle, pool: Pool, images: Sequence[ImageAndMask], given: Sequence[bool]) -> FilledImages:
    """Let the bundle's locator find the masks that are not given; given ones always win.

    Parameters
    ----------
    images : sequence of ImageAndMask
        The mask of an image that comes without one is not looked at.
    given : sequence of bool
        Whether each came with a mask.

    Raises
    ------
    IntegrityError
        The language wall refuses the locator here.
    SandboxError
        The sandbox itself fails.
    """
    kept = bundle.manifest.locator
    lacking = [place for place, has_mask in enumerate(given) if not has_mask]
    if kept is None or not lacking:
        return FilledImages(tuple(images), tuple("given" if one else None for one in given))
    located = locate(pool, bundle.text(kept.file), [images[place].image for place in lacking])
    found = dict(zip(lacking, located.found, strict=True))
    filled = [_filled(one, found.get(place), bundle) for place, one in enumerate(images)]
    return FilledImages(tuple(one for one, _ in filled), tuple(origin for _, origin in filled))


def _filled(one: ImageAndMask, found: Region | Fault | None, bundle: Bundle) -> tuple[ImageAndMask, Origin]:
    if found is None:
        return one, "given"
    if isinstance(found, Region):
        return ImageAndMask(one.image, found.mask), "empty" if found.is_empty else "found"
    if found.kind == "refused":
        raise IntegrityError(
            f"{bundle.folder / 'locator.py'}: it does not run here; `scafe verify` says more"
        )
    return ImageAndMask(one.image, np.zeros(one.image.shape[:2], np.bool_)), "failed"
