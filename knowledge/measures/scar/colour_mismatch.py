"""Difference in colour between the scar and the skin around it.

Source: grades of colour match against measured ΔE*ab over 207 scars: match 4.4, slight 9.6, obvious 17.8,
gross 29.1 (Cheon YW et al. J Craniofac Surg 2010;21:679); CIE 1976 difference.
"""

import cv2
import numpy as np

CRITERION = "colour_mismatch"
FEATURES = {
    "delta_e": {
        "unit": "CIELAB",
        "range": [0, 90],
        "direction": "up",
        "meaning": "CIE76 distance between the median colour of the scar and that of the skin ring",
    },
    "delta_chroma": {
        "unit": "CIELAB",
        "range": [0, 70],
        "direction": "up",
        "meaning": "the same distance in a* and b* alone: mismatch that shading does not explain",
    },
}
RING_INNER = 0.08
RING_OUTER = 0.25
CORE = 0.04
STATISTIC = "median"
MIN_PX = 60
VARIANTS = {
    "RING_INNER": [0.03, 0.08, 0.12],
    "RING_OUTER": [0.15, 0.25, 0.35],
    "CORE": [0.0, 0.04, 0.08],
    "STATISTIC": ["median", "mean"],
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


def lab(light):
    """Turn linear sRGB into CIELAB under D65."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = light @ to_xyz.T / np.array([0.95047, 1.0, 1.08883])
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), xyz * 24389 / 27 / 116 + 16 / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def typical(values):
    """Take the statistic that STATISTIC names."""
    if STATISTIC == "mean":
        return float(np.mean(values))
    return float(np.percentile(values, {"median": 50, "p75": 75, "p25": 25}[STATISTIC]))


def extract(image, mask):
    """Measure the colour difference, scar against ring."""
    inside, outside = distances(mask) if mask.any() else (mask * 0.0, mask * 0.0)
    scar = inside > CORE
    ring = (outside > RING_INNER) & (outside <= RING_OUTER)
    if scar.sum() < MIN_PX or ring.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    colours = lab(linear_light(image))
    apart = [typical(colours[..., k][scar]) - typical(colours[..., k][ring]) for k in range(3)]
    return {
        "delta_e": float(np.sqrt(apart[0] ** 2 + apart[1] ** 2 + apart[2] ** 2)),
        "delta_chroma": float(np.hypot(apart[1], apart[2])),
    }
