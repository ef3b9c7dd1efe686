"""Fit the nuisances of phantoms to images: label-free aggregates, turned into levels, told in coarse bands.

Each aggregate is measured on phantoms too, at five levels of the nuisance that moves it; an image's value is
read off that curve. A level thus means what it does on a phantom: as blurred as a phantom of blur 0.8.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.phantoms import Nuisance, Phantom, load_phantom
from scafe.sandbox.pool.pool import ImageAndMask
from scafe.sandbox.probes.fitted import Fit
from scafe.sandbox.probes.panel import SIZE_PX
from scafe.sandbox.probes.ranges import Range

LEAST_PATIENTS, MANY_PATIENTS = 60, 150
"""From the second on bands are a third of a nuisance's range, below a half: one other patient moves a band of
a fit in less than one of fifty data sets (measured: 0 of 300 with 60 patients, 4 of 300 with 150)."""
INNER = (0.1, 0.9)
"""Quantiles over patients between which a range lies."""
LEVELS, SEEDS = 5, 4
CLEAR = 1.0
"""A nuisance is fitted if its aggregate moves by more than so many spreads between phantoms of one level."""
SEEN = {"shorter_side": (256, 768), "contrast": (0.08, 0.2), "off_centre": (0.08, 0.2)}
"""Bounds between low, middle and high: pixels; shares of full brightness; of the frame's shorter side."""

Band = Literal["low", "middle", "high"]
BANDS: tuple[Band, ...] = ("low", "middle", "high")
Floats = NDArray[np.float64]
Aggregates = Mapping[str, float]
"""Aggregate -> value; NaN where an image does not show it."""


def aggregates(one: ImageAndMask) -> dict[str, float]:
    """Read exposure, spread, blur, noise and vignette of an image, and size and place of its region.

    Returns
    -------
    dict
        All but "shorter_side" at the panel's resolution; NaN where there is no region, or it fills the frame.
    """
    side = min(one.mask.shape)
    shape = tuple(max(8, round(length * SIZE_PX / side)) for length in one.mask.shape[::-1])
    grey = one.image[:, :, :3].mean(axis=2).astype(np.float32) / 255
    grey = cv2.resize(grey, shape, interpolation=cv2.INTER_AREA if side > SIZE_PX else cv2.INTER_LINEAR)
    mask = cv2.resize(one.mask.astype(np.uint8), shape, interpolation=cv2.INTER_NEAREST) > 0
    fine, coarse = (grey - cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (1.0, 3.0))
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))[1:-1, 1:-1]
    corner = max(2, SIZE_PX // 10)
    corners = [grey[rows, columns] for rows in _ends(corner) for columns in _ends(corner)]
    return {
        "light": float(np.median(grey)),
        "contrast": float(grey.std()),
        "blur": float(fine.std() / (coarse.std() + 1e-6)),
        "noise": float(np.percentile(rough, 40)),  # Immerkaer 1996, where the image is flat
        "vignette": float(np.mean(corners) / (np.median(grey) + 1e-6)),
        "shorter_side": float(side),
        **_of_region(grey, mask),
    }


def _ends(length: int) -> tuple[slice, slice]:
    return slice(0, length), slice(-length, None)


def _of_region(grey: NDArray[np.float32], mask: NDArray[np.bool_]) -> dict[str, float]:
    if not mask.any() or mask.all():
        return {"scale": np.nan, "region_contrast": np.nan, "off_centre": np.nan}
    rows, columns = np.nonzero(mask)
    away = np.hypot(rows.mean() - mask.shape[0] / 2, columns.mean() - mask.shape[1] / 2) / min(mask.shape)
    return {
        "scale": float(np.sqrt(mask.mean())),
        "region_contrast": float(abs(np.median(grey[mask]) - np.median(grey[~mask]))),
        "off_centre": float(away),
    }


def fit_phantoms(kind: str, read: Iterable[tuple[str, Aggregates]]) -> Fit:
    """Fit a kind of phantom to images.

    Parameters
    ----------
    kind : str
    read : iterable of (patient, aggregates)
        One for each image.

    Raises
    ------
    DatasetError
        If there are fewer than 60 patients: bands would move with one of them.
    """
    table = _by_patient(read)
    count = len(next(iter(table.values()), ()))
    if count < LEAST_PATIENTS:
        raise DatasetError(
            f"{count} patients; phantoms are fitted to {LEAST_PATIENTS} or more, since with fewer one "
            "patient moves a band. Go on without --phantoms-fit: phantoms then go as far as their kind says"
        )
    phantom = load_phantom(kind)
    fitted = [(one, curve) for one in phantom.nuisances if (curve := _curve(kind, one)) is not None]
    steps = 3 if count >= MANY_PATIENTS else 2
    ranges = [_range(one, _levels(table[one.name], one, curve), steps) for one, curve in fitted]
    return Fit(
        kind=kind,
        patients=">=150" if count >= MANY_PATIENTS else "60-149",
        nuisances=tuple(one for one in ranges if one is not None),
        seen=_seen(table),
    )


def _by_patient(read: Iterable[tuple[str, Aggregates]]) -> dict[str, Floats]:
    """Median of each patient's images: a patient of many counts once."""
    images: dict[str, list[Aggregates]] = {}
    for patient, values in read:
        images.setdefault(patient, []).append(values)
    names = next(iter(images.values()))[0] if images else {}
    return {
        name: np.array([_median([one[name] for one in held]) for held in images.values()]) for name in names
    }


def _median(values: Sequence[float]) -> float:
    kept = [one for one in values if np.isfinite(one)]
    return float(np.median(kept)) if kept else float("nan")


@lru_cache(maxsize=64)
def _curve(kind: str, nuisance: Nuisance) -> Floats | None:
    """Aggregate at each level of a nuisance, over phantoms; None if it tells no levels apart."""
    if nuisance.name not in FITTED:
        return None
    phantom, levels = load_phantom(kind), np.linspace(nuisance.low, nuisance.high, LEVELS)
    drawn = [
        [_at(phantom, seed, {nuisance.name: float(level)})[nuisance.name] for level in levels]
        for seed in range(SEEDS)
    ]
    middle = np.median(drawn, axis=0)
    steps = np.diff(middle)
    if not (np.all(steps >= 0) or np.all(steps <= 0)):
        return None
    return middle if abs(middle[-1] - middle[0]) > CLEAR * np.std(drawn, axis=0).mean() else None


FITTED = ("light", "contrast", "blur", "noise", "vignette", "scale")
"""Nuisances that have an aggregate of the same name."""


def _at(phantom: Phantom, seed: int, nuisances: Mapping[str, float]) -> dict[str, float]:
    one = phantom.render(seed, None, nuisances, SIZE_PX)
    return aggregates(ImageAndMask(one.image, one.true_region))


def _levels(values: Floats, nuisance: Nuisance, curve: Floats) -> Floats:
    """Levels at which phantoms have these values; outside of the curve its end."""
    levels, order = np.linspace(nuisance.low, nuisance.high, LEVELS), np.argsort(curve, kind="stable")
    return np.interp(values[np.isfinite(values)], curve[order], levels[order])


def _range(nuisance: Nuisance, levels: Floats, steps: int) -> Range | None:
    """Widen the inner quantiles to whole bands that hold the neutral level; None without levels."""
    if not len(levels):
        return None
    whole = nuisance.high - nuisance.low
    low, high = ((np.quantile(levels, share) - nuisance.low) / whole * steps for share in INNER)
    ends = [nuisance.low + whole * float(end) / steps for end in (np.floor(low), np.ceil(high))]
    return Range(
        name=nuisance.name,
        low=round(min(ends[0], nuisance.neutral), 6),
        high=round(max(ends[1], nuisance.neutral), 6),
    )


def _seen(table: Mapping[str, Floats]) -> dict[str, Band]:
    sources = {"shorter_side": "shorter_side", "contrast": "region_contrast", "off_centre": "off_centre"}
    middles = {name: _median(list(table[source])) for name, source in sources.items()}
    return {
        name: BANDS[int(np.searchsorted(SEEN[name], value))]
        for name, value in middles.items()
        if np.isfinite(value)
    }
