"""Redness of the scar against the skin around it.

Source: erythema index log10(R/G) and melanin index -log10 R of camera values are linear in haemoglobin
and melanin (Yamamoto T et al. Skin Res Technol 2008, doi:10.1111/j.1600-0846.2007.00256.x); item
vascularity of Sullivan T et al. J Burn Care Rehabil 1990;11:256-260. Melanin moves the erythema index
too: by 0.9 of what it does to the melanin index on light skin, by nothing on dark skin (two-layer skin model,
knowledge/optics.py); `delta_hb` takes that share away. How dark the skin is, its lightness and its own
erythema index tell together: exposure moves only the one, white balance only the other.
"""

import cv2
import numpy as np

CRITERION = 'vascularity'
FEATURES = {
    "delta_a": {
        "unit": "CIELAB",
        "range": [-20, 40],
        "direction": "up",
        "meaning": "a* of the scar minus a* of the skin ring, medians, linear light",
    },
    "delta_ei": {
        "unit": "log10",
        "range": [-0.5, 1.0],
        "direction": "up",
        "meaning": "log10(R/G) of the scar minus that of the skin ring, medians, linear light",
    },
    "delta_hb": {
        "unit": "log10",
        "range": [-0.7, 1.2],
        "direction": "up",
        "meaning": "delta_ei minus the share of the -log10 R difference that melanin explains on this skin",
    },
}
RING_INNER = 0.08
RING_OUTER = 0.25
CORE = 0.04
STATISTIC = "median"
DARK_L = 43.0
LIGHT_L = 81.0
DARK_EI = 0.34
LIGHT_EI = 0.11
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
    """Measure redness, scar minus ring."""
    inside, outside = distances(mask) if mask.any() else (mask * 0.0, mask * 0.0)
    scar = inside > CORE
    ring = (outside > RING_INNER) & (outside <= RING_OUTER)
    if scar.sum() < MIN_PX or ring.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = linear_light(image)
    redness = np.log10(light[..., 0] / light[..., 1])
    melanin = -np.log10(light[..., 0])
    delta_ei = typical(redness[scar]) - typical(redness[ring])
    delta_mi = typical(melanin[scar]) - typical(melanin[ring])
    skin = lab(light[ring])
    by_light = np.clip((np.median(skin[:, 0]) - DARK_L) / (LIGHT_L - DARK_L), 0.0, 1.0)
    by_colour = np.clip((DARK_EI - np.median(redness[ring])) / (DARK_EI - LIGHT_EI), 0.0, 1.0)
    return {
        "delta_a": typical(lab(light[scar])[:, 1]) - typical(skin[:, 1]),
        "delta_ei": delta_ei,
        "delta_hb": float(delta_ei - (by_light + by_colour) / 2 * delta_mi),
    }
