"""Necrosis: a core that is darker than the rest of the tumour on contrast-enhanced T1."""

import cv2
import numpy as np

CRITERION = "necrosis"
FEATURES = {
    "dark_core": {
        "unit": "ratio",
        "range": [-5, 5],
        "direction": "up",
        "meaning": "T1c half way out minus T1c in the very centre, in units of normal brain",
    },
}
MIN_LESION_PX = 150
FAR = 0.45
CORE = 0.3
MIDDLE_FROM = 0.02
MIDDLE_TO = 0.1
VARIANTS = {"CORE": [0.25, 0.35], "MIDDLE_TO": [0.08, 0.12], "FAR": [0.35, 0.6]}
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
    """Measure necrosis on channels T2, FLAIR, T1c; NaN without a tumour."""
    depth = parts(mask)
    if depth is None:
        return {name: NAN for name in FEATURES}
    t1c = image[:, :, 2].astype(np.float32)
    t1c = t1c / max(brain_level(t1c, depth), 1.0)
    core, around = depth > min(CORE, 0.8 * float(depth.max())), (depth > MIDDLE_FROM) & (depth < MIDDLE_TO)
    if core.sum() < 10 or around.sum() < 10:
        return {name: NAN for name in FEATURES}
    gap = np.median(t1c[around]) - np.median(t1c[core])
    return {"dark_core": float(np.clip(gap, -5, 5))}
