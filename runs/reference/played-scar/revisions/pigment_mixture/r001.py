"""Pigment mixture: patches of more and of less pigment within the scar."""

import numpy as np
from scipy import ndimage

CRITERION = "pigment_mixture"
FEATURES = {
    "patch_spread": {
        "unit": "log10",
        "range": [-0.3, 0.6],
        "direction": "up",
        "meaning": "half the span from 10th to 90th percentile of smoothed log10(R/B) less 0.7 of log10(R/G), scar without its border minus ring; linear light",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
REACH_FRAC = 0.3  # margin of the cut-out, in square roots of the lesion's area
RING_INNER, RING_OUTER = 0.08, 0.25  # ring of normal skin, in square roots of the lesion's area
MIN_PIXELS = 60  # below this a median is unsteady
SMOOTH_FRAC = 0.05  # smoothing, in square roots of the area: patches stay, noise and vessels go
BORDER_FRAC = 0.03  # border of the scar left out, same unit
BLOOD_IN_BLUE = 0.7  # log10(R/B) that blood adds per unit of log10(R/G)
LIMITS = [5, 95]  # percentiles to which single pixels are cut, against highlights
SPAN = [10, 90]  # percentiles that bound the spread


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


def spread_in(plane, part, sigma):
    """Return half the span of the plane, smoothed inside the part only."""
    low, high = np.percentile(plane[part], LIMITS)
    weight = ndimage.gaussian_filter(part.astype(np.float32), sigma)
    value = ndimage.gaussian_filter(np.where(part, np.clip(plane, low, high), 0), sigma)
    smooth = value[part] / weight[part]
    bottom, top = np.percentile(smooth, SPAN)
    return (top - bottom) / 2


def extract(image, mask):
    if mask.sum() < MIN_PIXELS:
        return {"patch_spread": float("nan")}
    image, mask = cut_out(image, mask)
    size = np.sqrt(mask.sum())
    ring = ring_around(mask)
    inner = ndimage.distance_transform_edt(mask) > max(1, BORDER_FRAC * size)
    if min(ring.sum(), inner.sum()) < MIN_PIXELS:
        return {"patch_spread": float("nan")}
    light = log_light(image)
    red, green, blue = light[..., 0], light[..., 1], light[..., 2]
    brown = (red - blue) - BLOOD_IN_BLUE * (red - green)
    sigma = SMOOTH_FRAC * size
    return {"patch_spread": float(spread_in(brown, inner, sigma) - spread_in(brown, ring, sigma))}
