"""Lumps and folds of the scar's surface against the texture of the skin around it.

Source: texture energy in a band of scales, scar over ring; hand-made texture features follow scar ratings
(Pham TD et al. Sci Rep 2017;7, doi:10.1038/s41598-017-16914-0). Log luminance makes the measure
independent of how dark the scar is.
"""

import cv2
import numpy as np

CRITERION = "relief"
FEATURES = {
    "relief_ratio": {
        "unit": "log10 ratio",
        "range": [-2, 2.5],
        "direction": "up",
        "meaning": "log10 of the spread of band-passed log luminance in the scar over that in the skin ring",
    },
    "relief_energy": {
        "unit": "log10",
        "range": [-0.2, 0.6],
        "direction": "up",
        "meaning": "spread of band-passed log luminance inside the scar minus that in the skin ring",
    },
}
RING_INNER = 0.08
RING_OUTER = 0.30
CORE = 0.10
FINE = 0.015
COARSE = 0.05
MIN_PX = 60
VARIANTS = {
    "CORE": [0.06, 0.10, 0.14],
    "FINE": [0.008, 0.015, 0.025],
    "COARSE": [0.035, 0.05, 0.08],
    "RING_OUTER": [0.2, 0.30],
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
    """Estimate the standard deviation from quartiles: hairs and highlights do not count."""
    return float(np.percentile(values, 75) - np.percentile(values, 25)) / 1.349


def extract(image, mask):
    """Measure texture, scar over ring."""
    inside, outside = distances(mask) if mask.any() else (mask * 0.0, mask * 0.0)
    scar = inside > CORE
    ring = (outside > RING_INNER) & (outside <= RING_OUTER)
    if scar.sum() < MIN_PX or ring.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    luminance = np.log10(linear_light(image) @ np.array([0.2126, 0.7152, 0.0722]))
    root = float(np.sqrt(mask.sum()))
    fine = cv2.GaussianBlur(luminance, (0, 0), max(0.4, FINE * root))
    band = fine - cv2.GaussianBlur(luminance, (0, 0), max(0.8, COARSE * root))
    rough, plain = spread(band[scar]), spread(band[ring])
    return {"relief_ratio": float(np.log10((rough + 1e-4) / (plain + 1e-4))), "relief_energy": rough - plain}
