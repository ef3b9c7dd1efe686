"""Vascularity: redness of the scar compared with the skin nearby, with and without the part of melanin."""

import numpy as np
from scipy import ndimage

CRITERION = "vascularity"
FEATURES = {
    "delta_hb": {
        "unit": "log10",
        "range": [-0.5, 0.6],
        "direction": "up",
        "meaning": "median log10(R/G) of the scar minus that of the ring, less 0.4 of the difference in -log10 R, the part that melanin explains; linear light",
    },
    "delta_ei": {
        "unit": "log10",
        "range": [-0.4, 0.6],
        "direction": "up",
        "meaning": "median log10(R/G) of the scar minus that of the ring, linear light",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
REACH_FRAC = 0.3  # margin of the cut-out, in square roots of the lesion's area
RING_INNER, RING_OUTER = 0.08, 0.25  # ring of normal skin, in square roots of the lesion's area
MIN_PIXELS = 60  # below this a median is unsteady
MELANIN_SHARE = 0.4  # log10(R/G) that melanin adds per unit of -log10 R: absorption falls as wavelength to -3.3


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
    nothing = {"delta_hb": float("nan"), "delta_ei": float("nan")}
    if mask.sum() < MIN_PIXELS:
        return nothing
    image, mask = cut_out(image, mask)
    ring = ring_around(mask)
    if ring.sum() < MIN_PIXELS:
        return nothing
    light = log_light(image)
    redness = light[..., 0] - light[..., 1]
    redder = np.median(redness[mask]) - np.median(redness[ring])
    darker = np.median(light[ring, 0]) - np.median(light[mask, 0])
    return {"delta_hb": float(redder - MELANIN_SHARE * darker), "delta_ei": float(redder)}
