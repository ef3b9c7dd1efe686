"""Oedema: brain around the tumour that is bright on FLAIR."""

import cv2
import numpy as np

CRITERION = "edema"
FEATURES = {
    "halo_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of a ring around the tumour brighter than normal brain on FLAIR, softly counted",
    },
}
MIN_LESION_PX = 150
FAR = 0.45
REACH = 0.4
ABOVE = 1.2
SOFT = 0.3
VARIANTS = {"REACH": [0.3, 0.5], "ABOVE": [1.15, 1.3], "SOFT": [0.2, 0.4]}
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
    """Measure edema on channels T2, FLAIR, T1c; NaN without a tumour."""
    depth = parts(mask)
    if depth is None:
        return {name: NAN for name in FEATURES}
    flair = image[:, :, 1].astype(np.float32)
    flair = flair / max(brain_level(flair, depth), 1.0)
    ring = (depth < -0.02) & (depth > -REACH) & (flair > 0.3)
    if ring.sum() < 20:
        return {name: NAN for name in FEATURES}
    return {"halo_share": float(np.clip((flair[ring] - ABOVE) / SOFT, 0, 1).mean())}
