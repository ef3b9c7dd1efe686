"""Echo pattern of the nodule: darker or brighter than the tissue beside it, even or uneven.

Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013). Without an outline the
nodule is found as the dark region near the middle, which misses bright nodules.
"""

import cv2
import numpy as np

CRITERION = "echo"
FEATURES = {
    "echo_contrast": {
        "unit": "ratio",
        "range": [-1, 3],
        "direction": "up",
        "meaning": "mean brightness inside over that of a ring around, minus one",
    },
}
SMOOTH = 0.025
LEVEL = 0.5
RING_FROM = 0.08
RING_TO = 0.3
VARIANTS = {"SMOOTH": [0.015, 0.03], "LEVEL": [0.4, 0.6], "RING_FROM": [0.05, 0.12], "RING_TO": [0.22, 0.4]}
NAN = float("nan")


def nodule(grey, mask):
    """Outline of the nodule: the mask if one is given, else the dark region near the middle; or None."""
    if mask.mean() < 0.9:
        return mask if mask.any() else None
    size = min(grey.shape)
    if size < 32:
        return None
    smooth = cv2.GaussianBlur(grey, (0, 0), SMOOTH * size)
    rows, columns = np.indices(grey.shape)
    away = np.hypot(rows / grey.shape[0] - 0.45, columns / grey.shape[1] - 0.5)
    dark = (np.median(smooth) - smooth) * np.exp(-((away / 0.3) ** 2))
    place = np.unravel_index(int(dark.argmax()), dark.shape)
    level = smooth[place] + LEVEL * (np.median(smooth) - smooth[place])
    labels = cv2.connectedComponents(((smooth < level) & (away < 0.42)).astype(np.uint8))[1]
    found = labels == labels[place]
    if labels[place] == 0 or found.sum() < 0.003 * grey.size:
        return None
    width = max(3, int(2 * SMOOTH * size) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    opened = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0
    return opened if opened.any() else found


def step(grey, found):
    """Signed distance over the root of the area, and brightness inside and around the nodule."""
    solid = found.astype(np.uint8)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
    return depth / np.sqrt(found.sum())


def extract(image, mask):
    """Measure echo; NaN where no nodule is found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = nodule(grey, mask)
    if found is None:
        return {name: NAN for name in FEATURES}
    depth = step(grey, found)
    ring, inside = (depth < -RING_FROM) & (depth > -RING_TO), depth > 0.03
    if ring.sum() < 20 or inside.sum() < 20:
        return {name: NAN for name in FEATURES}
    contrast = grey[inside].mean() / max(float(grey[ring].mean()), 1.0) - 1
    return {"echo_contrast": float(np.clip(contrast, -1, 3))}
