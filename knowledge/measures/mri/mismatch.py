"""T2-FLAIR mismatch: a tumour that is bright on T2 while its centre, but not its rim, is dark on FLAIR.

Source: the sign as in Jain R et al. meta-analytic series, Eur Radiol 2021, 10.1007/s00330-020-07467-4.
"""

import cv2
import numpy as np

CRITERION = "mismatch"
FEATURES = {
    "mismatch_core": {
        "unit": "ratio",
        "range": [-5, 10],
        "direction": "up",
        "meaning": "T2 minus FLAIR in the tumour's centre, each in units of normal brain",
    },
    "flair_rim": {
        "unit": "ratio",
        "range": [-5, 5],
        "direction": "up",
        "meaning": "FLAIR of the tumour's rim minus that of its centre, in units of normal brain",
    },
}
MIN_LESION_PX = 150
FAR = 0.45
CORE = 0.16
RIM_TO = 0.08
VARIANTS = {"CORE": [0.13, 0.2], "RIM_TO": [0.06, 0.1], "FAR": [0.35, 0.6]}
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
    """Measure the mismatch sign on channels T2, FLAIR, T1c; NaN without a tumour."""
    depth = parts(mask)
    if depth is None:
        return {name: NAN for name in FEATURES}
    t2, flair = image[:, :, 0].astype(np.float32), image[:, :, 1].astype(np.float32)
    t2, flair = t2 / max(brain_level(t2, depth), 1.0), flair / max(brain_level(flair, depth), 1.0)
    core, rim = depth > CORE, (depth > 0.015) & (depth < RIM_TO)
    if core.sum() < 20 or rim.sum() < 20:
        return {name: NAN for name in FEATURES}
    return {
        "mismatch_core": float(np.clip(np.median(t2[core]) - np.median(flair[core]), -5, 10)),
        "flair_rim": float(np.clip(np.median(flair[rim]) - np.median(flair[core]), -5, 5)),
    }
