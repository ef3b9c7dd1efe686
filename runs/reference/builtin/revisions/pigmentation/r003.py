"""Melanin of the scar against the skin around it: more, or less.

Source: melanin index -log10 R in linear light (Yamamoto T et al. Skin Res Technol 2008,
doi:10.1111/j.1600-0846.2007.00256.x). The item's codes (normal, hypo, hyper) are names, not an order, so
two magnitudes are reported. The dial runs from less to more melanin: hyper_mag rises, hypo_mag falls.
"""

import cv2
import numpy as np

CRITERION = 'pigmentation'
FEATURES = {
    "delta_mi": {
        "unit": "log10",
        "range": [-0.8, 0.8],
        "direction": "up",
        "meaning": "-log10 R of the scar minus that of the ring, less BLOOD_SHARE times that of log10(R/G)",
    },
    "hyper_mag": {
        "unit": "log10",
        "range": [0, 0.8],
        "direction": "up",
        "meaning": "how far delta_mi lies above zero, else 0",
    },
    "hypo_mag": {
        "unit": "log10",
        "range": [0, 0.8],
        "direction": "down",
        "meaning": "how far delta_mi lies below zero, else 0",
    },
}
RING_INNER = 0.08
RING_OUTER = 0.25
CORE = 0.08
STATISTIC = 'mean'
BLOOD_SHARE = 0.0
MIN_PX = 60


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


def typical(values):
    """Take the statistic that STATISTIC names."""
    if STATISTIC == "mean":
        return float(np.mean(values))
    return float(np.percentile(values, {"median": 50, "p75": 75, "p25": 25}[STATISTIC]))


def extract(image, mask):
    """Measure melanin, scar minus ring."""
    inside, outside = distances(mask) if mask.any() else (mask * 0.0, mask * 0.0)
    scar = inside > CORE
    ring = (outside > RING_INNER) & (outside <= RING_OUTER)
    if scar.sum() < MIN_PX or ring.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = linear_light(image)
    index = -np.log10(light[..., 0]) - BLOOD_SHARE * np.log10(light[..., 0] / light[..., 1])
    delta = typical(index[scar]) - typical(index[ring])
    return {"delta_mi": delta, "hyper_mag": max(0.0, delta), "hypo_mag": max(0.0, -delta)}
