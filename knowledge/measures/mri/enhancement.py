"""Enhancement: how much of the tumour is brighter than brain on contrast-enhanced T1."""

import cv2
import numpy as np

CRITERION = "enhancement"
FEATURES = {
    "enhancing_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the tumour above normal brain on T1c, softly counted",
    },
    "enhancing_peak": {
        "unit": "ratio",
        "range": [0, 10],
        "direction": "up",
        "meaning": "90th percentile of the tumour on T1c in units of normal brain",
    },
}
MIN_LESION_PX = 150
FAR = 0.45
ABOVE = 1.15
SOFT = 0.4
VARIANTS = {"ABOVE": [1.1, 1.25], "SOFT": [0.3, 0.6], "FAR": [0.35, 0.6]}
NAN = float("nan")


def parts(mask):
    """Depth in the tumour over the root of its area; None if it is too small."""
    if mask.sum() < MIN_LESION_PX or mask.all():
        return None
    solid = np.pad(mask, 1).astype(np.uint8)
    inside = cv2.distanceTransform(solid, cv2.DIST_L2, 5)[1:-1, 1:-1]
    outside = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return (inside - outside) / np.sqrt(mask.sum())


def brain_level(channel, depth):
    """Median of the brain well outside the tumour: the unit of this channel's brightness."""
    normal = channel[(depth < -FAR) & (channel > 0.15 * np.percentile(channel, 99))]
    return float(np.median(normal)) if normal.size > 100 else NAN


def extract(image, mask):
    """Measure enhancement on channels T2, FLAIR, T1c; NaN without a tumour."""
    depth = parts(mask)
    if depth is None:
        return {name: NAN for name in FEATURES}
    t1c = image[:, :, 2].astype(np.float32)
    t1c = t1c / max(brain_level(t1c, depth), 1.0)
    inside = t1c[depth > 0]
    return {
        "enhancing_share": float(np.clip((inside - ABOVE) / SOFT, 0, 1).mean()),
        "enhancing_peak": float(np.clip(np.percentile(inside, 90), 0, 10)),
    }
