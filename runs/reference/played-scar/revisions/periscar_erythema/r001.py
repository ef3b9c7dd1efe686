"""Periscar erythema: redness of the skin just past the margin, against skin farther out."""

import numpy as np
from scipy import ndimage

CRITERION = "periscar_erythema"
FEATURES = {
    "halo_ei": {
        "unit": "log10",
        "range": [-0.3, 0.4],
        "direction": "up",
        "meaning": "median log10(R/G) in linear light of skin 0.03 to 0.08 root areas outside the margin minus that of skin 0.15 to 0.25 outside",
    },
    "halo_slope": {
        "unit": "log10",
        "range": [-0.5, 0.6],
        "direction": "up",
        "meaning": "fall of log10(R/G) in linear light from the margin to the outer edge of the ring: least squares through medians of six bands of distance",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
REACH_FRAC = 0.3  # margin of the cut-out, in square roots of the lesion's area
GAP_FRAC = 0.03  # skin left out next to the margin, in square roots of the area: error of the mask, blur
GAP_LEAST = 2.0  # the same, pixels at least
NEAR_END = 0.08  # outer end of the skin just past the margin
FAR_START, FAR_END = 0.15, 0.25  # outer part of the ring of normal skin, where a halo has faded
BANDS = 6  # bands of distance for the slope
MIN_PIXELS = 60  # below this a median is unsteady
MIN_BAND = 20  # pixels below which a band is left out
MIN_BANDS = 4  # bands that a slope needs


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


def fall_of(redness, distance, start):
    """Return the fall of band medians from start to the end of the ring."""
    edges = np.linspace(start, FAR_END, BANDS + 1)
    middles, medians = [], []
    for low, high in zip(edges[:-1], edges[1:]):
        band = (distance > low) & (distance <= high)
        if band.sum() >= MIN_BAND:
            middles.append((low + high) / 2)
            medians.append(float(np.median(redness[band])))
    if len(medians) < MIN_BANDS:
        return float("nan")
    return float(-np.polyfit(middles, medians, 1)[0] * (FAR_END - start))


def extract(image, mask):
    if mask.sum() < MIN_PIXELS:
        return {"halo_ei": float("nan"), "halo_slope": float("nan")}
    image, mask = cut_out(image, mask)
    size = np.sqrt(mask.sum())
    distance = ndimage.distance_transform_edt(~mask) / size
    light = log_light(image)
    redness = light[..., 0] - light[..., 1]
    start = max(GAP_FRAC, GAP_LEAST / size)
    near = (distance > start) & (distance <= NEAR_END)
    far = (distance >= FAR_START) & (distance <= FAR_END)
    if min(near.sum(), far.sum()) < MIN_PIXELS:
        return {"halo_ei": float("nan"), "halo_slope": float("nan")}
    return {
        "halo_ei": float(np.median(redness[near]) - np.median(redness[far])),
        "halo_slope": fall_of(redness, distance, start),
    }
