"""Patches of more and of less pigment within one scar.

Source: observers called 19 % of 120 burn scars mixed in pigment (doi:10.1016/j.burns.2023.11.010).
Spread of a melanin-sensitive colour ratio at the scale of patches: a ratio of channels hardly sees shading.
"""

import cv2
import numpy as np

CRITERION = "pigment_mixture"
FEATURES = {
    "patch_spread": {
        "unit": "log10",
        "range": [-0.2, 0.8],
        "direction": "up",
        "meaning": "spread of the smoothed log10 ratio of two channels in the scar minus that in the ring",
    },
}
RING_INNER = 0.08
RING_OUTER = 0.25
CORE = 0.06
SMOOTH = 0.05
CHANNELS = (0, 2)
SPREAD = "iqr"
MIN_PX = 60
VARIANTS = {
    "CORE": [0.04, 0.06, 0.10],
    "SMOOTH": [0.03, 0.05, 0.08],
    "CHANNELS": [(0, 2), (0, 1), (1, 2)],
    "SPREAD": ["iqr", "sd", "p90_p10"],
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


def spread(values):
    """Take the spread that SPREAD names, in units of one standard deviation of a normal."""
    if SPREAD == "sd":
        return float(np.std(values))
    low, high, width = (25, 75, 1.349) if SPREAD == "iqr" else (10, 90, 2.563)
    return float(np.percentile(values, high) - np.percentile(values, low)) / width


def extract(image, mask):
    """Measure patchiness, scar minus ring."""
    inside, outside = distances(mask) if mask.any() else (mask * 0.0, mask * 0.0)
    scar = inside > CORE
    ring = (outside > RING_INNER) & (outside <= RING_OUTER)
    if scar.sum() < MIN_PX or ring.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = linear_light(image)
    ratio = np.log10(light[..., CHANNELS[0]] / light[..., CHANNELS[1]])
    sigma = max(0.5, SMOOTH * float(np.sqrt(mask.sum())))
    smooth = cv2.GaussianBlur(ratio, (0, 0), sigma)
    return {"patch_spread": spread(smooth[scar]) - spread(smooth[ring])}
