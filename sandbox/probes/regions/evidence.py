"""What the masks of one locator over the cases say, in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.sandbox.pool.regions.located import Located, Region
from scafe.sandbox.probes.regions.cases import Cases, Nuisance, perturbed_as

Mask = NDArray[np.bool_]
NEAR_MARKS_PX = 2
"""A locator that thresholds a smoothed mark also takes the pixels beside it."""


def dice(one: Mask, other: Mask) -> float:
    """Return the Dice coefficient of two masks: 1 where they are the same, both empty too; 0 apart.

    References
    ----------
    .. [1] Dice (1945), Measures of the amount of ecologic association between species, Ecology 26(3),
       297-302, doi:10.2307/1932409.

    Examples
    --------
    >>> import numpy as np
    >>> dice(np.array([[True, True]]), np.array([[True, False]])).__round__(2)
    0.67
    """
    total = int(one.sum()) + int(other.sum())
    return 2 * float((one & other).sum()) / total if total else 1.0


@dataclass(frozen=True)
class UnderNuisance:
    """What one nuisance does to the masks."""

    name: str
    without: float
    """Mean Dice with the true region where the nuisance is neutral."""
    turned: float
    """The same where it is turned up."""
    on_marks: float
    """Share of the mask that lies on what the nuisance drew; 0 where it draws nothing small."""


@dataclass(frozen=True)
class LocatorEvidence:
    """Everything measured of one locator."""

    dice: NDArray[np.float64]
    """(n_drawn,) with the true region."""
    complement: NDArray[np.float64]
    """(n_drawn,) Dice of what the mask leaves out."""
    areas: NDArray[np.float64]
    """(n_drawn,) shares of the frame."""
    confidence: float
    """Median over drawn phantoms."""
    nuisances: tuple[UnderNuisance, ...]
    stability: Mapping[str, float]
    """Perturbation -> median Dice with the mask of the unperturbed phantom."""
    follows: float
    """Median share of a move of the image that the mask's centre makes; 1: all of it."""
    found_in_bare: float
    """Share of scenes without the region in which one was found; NaN without such scenes."""
    confidence_in_bare: float
    """Median over these; NaN without."""

    @property
    def median_dice(self) -> float:
        """Half of the phantoms lie above."""
        return float(np.median(self.dice))

    @property
    def worst_decile(self) -> float:
        """A tenth of the phantoms lie below."""
        return float(np.percentile(self.dice, 10))

    @property
    def least_stable(self) -> str:
        """The perturbation that moves the mask most."""
        return min(self.stability, key=lambda name: (self.stability[name], name))


def measure(cases: Cases, located: Located) -> LocatorEvidence:
    """Measure a locator that gave a region on every ordinary phantom."""
    masks = located.masks([one.shape for one in cases.images])
    sure = [one.confidence if isinstance(one, Region) else 0.0 for one in located.found]
    truth = [cases.truth[place] for place in cases.drawn]
    own = [masks[place] for place in cases.drawn]
    return LocatorEvidence(
        dice=np.array([dice(*pair) for pair in zip(own, truth, strict=True)]),
        complement=np.array([dice(~mask, true) for mask, true in zip(own, truth, strict=True)]),
        areas=np.array([float(mask.mean()) for mask in own]),
        confidence=float(np.median([sure[place] for place in cases.drawn])),
        nuisances=tuple(_under(one, cases, masks) for one in cases.nuisances),
        stability={name: _steady(name, places, cases, masks) for name, places in cases.perturbed.items()},
        follows=_follows(cases, masks),
        found_in_bare=_mean([float(masks[place].any()) for place in cases.bare]),
        confidence_in_bare=_median([sure[place] for place in cases.bare if masks[place].any()]),
    )


def _under(one: Nuisance, cases: Cases, masks: Sequence[Mask]) -> UnderNuisance:
    def mean_dice(places: Sequence[int]) -> float:
        return float(np.mean([dice(masks[place], cases.truth[place]) for place in places]))

    shares = [
        _on(marks, masks[place])
        for marks, place in zip(one.marks, one.turned, strict=True)
        if marks is not None
    ]
    return UnderNuisance(one.name, mean_dice(one.without), mean_dice(one.turned), _median(shares, 0.0))


def _on(marks: Mask, mask: Mask) -> float:
    """Share of a mask on marks, less what would lie there by chance."""
    kernel = np.ones((2 * NEAR_MARKS_PX + 1,) * 2, np.uint8)
    near = cv2.dilate(marks.astype(np.uint8), kernel) > 0
    if not mask.any():
        return 0.0
    return max(0.0, float((mask & near).sum()) / float(mask.sum()) - float(near.mean()))


def _steady(name: str, places: Sequence[int], cases: Cases, masks: Sequence[Mask]) -> float:
    pairs = zip(cases.drawn, places, strict=True)
    return float(
        np.median(
            [
                dice(perturbed_as(name, plain, cases.images[plain], masks[plain]), masks[changed])
                for plain, changed in pairs
            ]
        )
    )


def _follows(cases: Cases, masks: Sequence[Mask]) -> float:
    shares = []
    for place, moved, (down, right) in cases.moved:
        if masks[place].any() and masks[moved].any():
            step = _centre(masks[moved]) - _centre(masks[place])
            shares.append(float(step @ np.array([down, right])) / float(down**2 + right**2))
    return _median(shares, 0.0)


def _centre(mask: Mask) -> NDArray[np.float64]:
    return np.asarray(np.argwhere(mask).mean(axis=0))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _median(values: Sequence[float], otherwise: float = float("nan")) -> float:
    return float(np.median(values)) if values else otherwise
