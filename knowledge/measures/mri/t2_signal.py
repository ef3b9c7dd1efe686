"""Signal of the tumour on T2 against normal brain."""

import cv2
import numpy as np

CRITERION = "t2_signal"
FEATURES = {
    "t2_over_brain": {
        "unit": "ratio",
        "range": [0, 10],
        "direction": "up",
        "meaning": "median of the tumour on T2 in units of normal brain",
    },
}
MIN_LESION_PX = 150
FAR = 0.45
VARIANTS = {"FAR": [0.35, 0.6], "MIN_LESION_PX": [100, 200]}
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
    """Measure t2_signal on channels T2, FLAIR, T1c; NaN without a tumour."""
    depth = parts(mask)
    if depth is None:
        return {name: NAN for name in FEATURES}
    t2 = image[:, :, 0].astype(np.float32)
    t2 = t2 / max(brain_level(t2, depth), 1.0)
    return {"t2_over_brain": float(np.clip(np.median(t2[depth > 0.03]), 0, 10))}
