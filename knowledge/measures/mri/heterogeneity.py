"""Heterogeneity: uneven signal inside the tumour on T2, slow trends taken out."""

import cv2
import numpy as np

CRITERION = "heterogeneity"
FEATURES = {
    "t2_unevenness": {
        "unit": "ratio",
        "range": [0, 3],
        "direction": "up",
        "meaning": "standard deviation of T2 inside the tumour, slow trends out, over its mean",
    },
}
MIN_LESION_PX = 150
FAR = 0.45
SLOW = 0.25
RIM = 0.05
VARIANTS = {"SLOW": [0.18, 0.35], "RIM": [0.035, 0.08], "FAR": [0.35, 0.6]}
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
    """Measure heterogeneity on channels T2, FLAIR, T1c; NaN without a tumour."""
    depth = parts(mask)
    if depth is None:
        return {name: NAN for name in FEATURES}
    t2 = image[:, :, 0].astype(np.float32)
    t2 = t2 / max(brain_level(t2, depth), 1.0)
    inside = depth > RIM
    if inside.sum() < 30:
        return {name: NAN for name in FEATURES}
    weight, sigma = inside.astype(np.float32), SLOW * np.sqrt(mask.sum())
    trend = cv2.GaussianBlur(t2 * weight, (0, 0), sigma)
    trend = trend / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)
    spread = (t2 - trend)[inside].std() / max(float(t2[inside].mean()), 0.1)
    return {"t2_unevenness": float(np.clip(spread, 0, 3))}
