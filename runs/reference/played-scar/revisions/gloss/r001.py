"""Gloss: white highlights of the surface, which shift colour where shading does not."""

import numpy as np
from scipy import ndimage

CRITERION = "gloss"
FEATURES = {
    "highlight_excess": {
        "unit": "log10",
        "range": [-0.5, 1],
        "direction": "up",
        "meaning": "98th percentile minus median of log10(B/R), scar without its border minus ring; linear light",
    },
    "highlight_share": {
        "unit": "fraction",
        "range": [-0.5, 1],
        "direction": "up",
        "meaning": "share of pixels with log10(B/R) at least 0.1 and log10 R at least 0.03 above their median, scar without its border minus ring; linear light",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
REACH_FRAC = 0.3  # margin of the cut-out, in square roots of the lesion's area
RING_INNER, RING_OUTER = 0.08, 0.25  # ring of normal skin, in square roots of the lesion's area
MIN_PIXELS = 60  # below this a median is unsteady
BORDER_FRAC = 0.04  # border of the scar left out, in square roots of the area: paler skin is no highlight
GRAIN = 1.0  # smoothing against noise, pixels
UPPER = 98  # percentile that stands for highlights
WHITER = 0.1  # log10(B/R) above the median that makes a highlight
LIGHTER = 0.03  # log10 R above the median that makes a highlight


def log_light(image):
    """Return log10 of linear light, one plane a channel."""
    code = image.astype(np.float32) / CODE_MAX
    curve = ((code + CURVE_SHIFT) / (1 + CURVE_SHIFT)) ** CURVE_POWER
    return np.log10(np.maximum(np.where(code <= KNEE, code / KNEE_SLOPE, curve), DARK))


def cut_out(image, mask):
    """Return image and mask around the lesion."""
    reach = int(np.ceil(REACH_FRAC * np.sqrt(mask.sum()))) + 2
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    part = (
        slice(max(0, rows[0] - reach), rows[-1] + reach + 1),
        slice(max(0, cols[0] - reach), cols[-1] + reach + 1),
    )
    return image[part], mask[part]


def ring_around(mask):
    """Return the normal skin around the lesion as a mask."""
    size = np.sqrt(mask.sum())
    distance = ndimage.distance_transform_edt(~mask)
    return (distance >= RING_INNER * size) & (distance <= RING_OUTER * size)


def shine_of(white, light):
    """Return the excess of whiteness and the share of pixels that are highlights."""
    whiter, lighter = white - np.median(white), light - np.median(light)
    return np.percentile(whiter, UPPER), ((whiter > WHITER) & (lighter > LIGHTER)).mean()


def extract(image, mask):
    nothing = {"highlight_excess": float("nan"), "highlight_share": float("nan")}
    if mask.sum() < MIN_PIXELS:
        return nothing
    image, mask = cut_out(image, mask)
    ring = ring_around(mask)
    border = max(2, BORDER_FRAC * np.sqrt(mask.sum()))
    inner = ndimage.distance_transform_edt(mask) > border
    if min(ring.sum(), inner.sum()) < MIN_PIXELS:
        return nothing
    light = ndimage.gaussian_filter(log_light(image), (GRAIN, GRAIN, 0))
    red, white = light[..., 0], light[..., 2] - light[..., 0]
    scar, skin = shine_of(white[inner], red[inner]), shine_of(white[ring], red[ring])
    return {
        "highlight_excess": float(scar[0] - skin[0]),
        "highlight_share": float(scar[1] - skin[1]),
    }
