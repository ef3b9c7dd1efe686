"""Pigmentation: brown pigment of the scar compared with the skin nearby, the part of redness taken out."""

import numpy as np
from scipy import ndimage

CRITERION = "pigmentation"
FEATURES = {
    "delta_mi": {
        "unit": "log10",
        "range": [-0.8, 1],
        "direction": "up",
        "meaning": "median -log10 R of the scar minus that of the ring, less 0.2 of the difference in log10(R/G), the part of blood; linear light",
    },
    "delta_brown": {
        "unit": "log10",
        "range": [-0.8, 1],
        "direction": "up",
        "meaning": "median log10(R/B) of the scar minus that of the ring, less 0.7 of the difference in log10(R/G); a shadow leaves it as it is",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
REACH_FRAC = 0.3  # margin of the cut-out, in square roots of the lesion's area
RING_INNER, RING_OUTER = 0.08, 0.25  # ring of normal skin, in square roots of the lesion's area
MIN_PIXELS = 60  # below this a median is unsteady
BLOOD_IN_RED = 0.2  # -log10 R that blood adds per unit of log10(R/G)
BLOOD_IN_BLUE = 0.7  # log10(R/B) that blood adds per unit of log10(R/G)


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


def extract(image, mask):
    nothing = {"delta_mi": float("nan"), "delta_brown": float("nan")}
    if mask.sum() < MIN_PIXELS:
        return nothing
    image, mask = cut_out(image, mask)
    ring = ring_around(mask)
    if ring.sum() < MIN_PIXELS:
        return nothing
    light = log_light(image)
    red, green, blue = light[..., 0], light[..., 1], light[..., 2]
    darker, redder, browner = (
        float(np.median(plane[mask]) - np.median(plane[ring])) for plane in (-red, red - green, red - blue)
    )
    return {
        "delta_mi": darker - BLOOD_IN_RED * redder,
        "delta_brown": browner - BLOOD_IN_BLUE * redder,
    }
