"""Orientation of the nodule to the skin: taller than wide is not parallel.

Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013). Without an outline the
nodule is found as the dark region near the middle, which misses bright nodules.
"""

import cv2
import numpy as np

CRITERION = "orientation"
FEATURES = {
    "height_over_width": {
        "unit": "ratio",
        "range": [0, 10],
        "direction": "up",
        "meaning": "root of the vertical over the horizontal variance of the nodule",
    },
}
SMOOTH = 0.025
LEVEL = 0.5
VARIANTS = {"SMOOTH": [0.015, 0.03], "LEVEL": [0.4, 0.6]}
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


def extract(image, mask):
    """Measure orientation; NaN where no nodule is found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = nodule(grey, mask)
    if found is None:
        return {name: NAN for name in FEATURES}
    rows, columns = np.nonzero(found)
    return {"height_over_width": float(np.clip(rows.std() / max(columns.std(), 0.5), 0, 10))}
