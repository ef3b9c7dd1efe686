"""Which window the values of a slice without a fixed unit are seen through: two rules, each with a name.

`mask@2`, the rule for everything new. Background is the one value that fills most of the border of the
slice, if one does (zero after skull-stripping or cropping), and NaN, which is shown black; everything else
is foreground. With a mask the window runs over the 1st to the 99th percentile of the foreground, widened to
those of the lesion; where the lesion would then have fewer than `LEVELS` of the 256 grey levels, the window
is narrowed around it until it has them, or to `NARROWEST`. Without a mask it runs over the .1st to the
99.9th percentile of the foreground.

`volume@1`, the rule of bundles from before November 2026: the 1st to the 99th percentile of the volume. A
lesion brighter than 99 % of the volume became one flat 255 under it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.rules.levels import Levels
from scafe.knowledge.contract.masks import WindowRule

Floats = NDArray[np.float64]

LEVELS: Final = 32
"""Fewest of 256 grey levels that a lesion gets, if its values differ that much; below it texture measures
on 32 bins, the usual number, repeat themselves."""
IN_FOREGROUND: Final = (0.1, 99.9)
"""Percentiles without a mask: a tenth of a percent of a slice of 256×256 is 66 pixels, more than a faulty
detector element and less than a lesion."""
WITH_MASK: Final = (1.0, 99.0)
NARROWEST: Final = 1 / 32
"""Share of the foreground's window that is left at least: an even lesion must not turn noise into texture."""
RIM_SHARE: Final = 0.5
"""Share of the border that one value must fill to be background."""


def window_of(
    values: Floats,
    mask: NDArray[np.bool_] | None,
    rule: WindowRule,
    padding: NDArray[np.bool_] | None = None,
) -> tuple[float, float]:
    """Return the values that become black and white.

    Parameters
    ----------
    values : (h, w) or (x, y, z) float array
        The slice; for `volume@1` the volume.
    mask : (h, w) bool array, optional
        The lesion in the slice; None: no mask was given.
    rule : {'mask@2', 'volume@1'}
    padding : (h, w) bool array, optional
        What the file itself says is background.
    """
    if rule == "volume@1":
        return _percentiles(values[np.isfinite(values)], WITH_MASK)
    seen = values[foreground(values) if padding is None else ~padding]
    if float(np.ptp(seen)) == 0:
        # one value on background: nothing in it can be told apart, but where it is can
        return float(np.nanmin(values)), float(np.nanmax(values))
    mask = mask if mask is None or padding is None else mask & ~padding
    if mask is None or not mask.any():
        return _percentiles(seen, IN_FOREGROUND)
    low, high = _percentiles(seen, WITH_MASK)
    darkest, brightest = _percentiles(values[mask], WITH_MASK)
    low, high = min(low, darkest), max(high, brightest)
    reach = max((256 / LEVELS - 1) / 2 * (brightest - darkest), (high - low) * NARROWEST / 2)
    return max(low, darkest - reach), min(high, brightest + reach)


def foreground(values: Floats) -> NDArray[np.bool_]:
    """Tell what is not background; all of a slice whose border holds no value often enough."""
    rim = np.concatenate([values[0], values[-1], values[1:-1, 0], values[1:-1, -1]])
    measured = ~np.isnan(values)
    found, counts = np.unique(rim, return_counts=True)
    if counts.max() < RIM_SHARE * rim.size:
        return measured
    seen = (values != found[counts.argmax()]) & measured
    return np.asarray(seen if seen.any() else measured)


def grey_levels(values: Floats, window: tuple[float, float]) -> NDArray[np.uint8]:
    """Return the values as 0 to 255 through a window; outside it they are cut off."""
    low, high = window
    known = np.where(np.isnan(values), low, values)
    grey = np.clip((known - low) / max(high - low, 1e-12), 0, 1)
    return np.asarray(np.rint(255 * grey).astype(np.uint8))


def levels_inside(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> int:
    """Count the different values inside the mask, in the channel that has most."""
    return int((Levels.of(image, mask).counts > 0).sum(axis=1).max())


def _percentiles(values: Floats, ends: tuple[float, float]) -> tuple[float, float]:
    low, high = np.percentile(values, ends)
    return float(low), float(high)
