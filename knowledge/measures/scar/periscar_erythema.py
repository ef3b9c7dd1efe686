"""Redness of the skin just past the scar's margin, against skin farther away.

Source: erythema around the scar is an item of the JSW Scar Scale (Ogawa R, Burns Trauma 2019;7:39,
doi:10.1186/s41038-019-0175-y); log10(R/G) as erythema index (Yamamoto T et al. Skin Res Technol 2008,
doi:10.1111/j.1600-0846.2007.00256.x).
"""

import cv2
import numpy as np

CRITERION = "periscar_erythema"
FEATURES = {
    "halo_ei": {
        "unit": "log10",
        "range": [-0.3, 0.5],
        "direction": "up",
        "meaning": "log10(R/G) just outside the margin minus that of distant skin, means of the middle half",
    },
    "halo_slope": {
        "unit": "log10",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "fall of log10(R/G) from the margin outward over FAR_INNER, least squares through bands",
    },
}
NEAR_INNER = 0.06
NEAR_OUTER = 0.16
FAR_INNER = 0.35
FAR_OUTER = 0.60
BANDS = 6
SKIN_SPAN = 0.08
MIN_PX = 60
VARIANTS = {
    "NEAR_INNER": [0.04, 0.06, 0.09],
    "NEAR_OUTER": [0.12, 0.16, 0.22],
    "FAR_INNER": [0.28, 0.35, 0.45],
    "BANDS": [4, 6, 8],
    "SKIN_SPAN": [0.06, 0.08, 0.1],
}


def linear_light(image):
    """Undo the sRGB curve: 0 is black, 1 is white."""
    scaled = np.arange(256) / 255.0
    table = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    return np.maximum(table[image], 1e-4)


def distances(mask):
    """Measure distance to the border inside and outside, in units of the square root of the area."""
    root = np.sqrt(float(mask.sum()))
    filled = np.pad(mask.astype(np.uint8), 1)
    inside = cv2.distanceTransform(filled, cv2.DIST_L2, 5)[1:-1, 1:-1] / root
    outside = cv2.distanceTransform(1 - filled, cv2.DIST_L2, 5)[1:-1, 1:-1] / root
    return inside, outside


def middle(values):
    """Average the middle half: as robust as a median, without its steps of one grey level."""
    low, high = np.percentile(values, 25), np.percentile(values, 75)
    return float(values[(values >= low) & (values <= high)].mean())


def extract(image, mask):
    """Measure the halo of erythema."""
    outside = distances(mask)[1] if mask.any() else mask * 0.0
    near = (outside > NEAR_INNER) & (outside <= NEAR_OUTER)
    far = (outside > FAR_INNER) & (outside <= FAR_OUTER)
    if near.sum() < MIN_PX or far.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = linear_light(image)
    redness = np.log10(light[..., 0] / light[..., 1])
    # A ruler or a cloth beside the scar is no skin: its colour lies far from that of the near ring.
    skin = np.abs(redness - np.median(redness[near])) < SKIN_SPAN
    far = far & skin
    if far.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    edges = np.linspace(NEAR_INNER, FAR_INNER, BANDS + 1)
    steps = [(outside > edges[k]) & (outside <= edges[k + 1]) & skin for k in range(BANDS)]
    levels = [middle(redness[step]) if step.any() else np.nan for step in steps]
    known = np.isfinite(levels)
    middles = (edges[:-1] + edges[1:]) / 2
    slope = np.polyfit(middles[known], np.array(levels)[known], 1)[0] if known.sum() > 2 else np.nan
    return {
        "halo_ei": middle(redness[near]) - middle(redness[far]),
        "halo_slope": float(-slope * FAR_INNER),
    }
