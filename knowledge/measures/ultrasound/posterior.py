"""Posterior features: brightness below the nodule against the same depth beside it.

Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013). Without an outline the
nodule is found as the dark region near the middle, which misses bright nodules.
"""

import cv2
import numpy as np

CRITERION = "posterior"
FEATURES = {
    "posterior_contrast": {
        "unit": "ratio",
        "range": [-1, 5],
        "direction": "up",
        "meaning": "brightness below the nodule over that beside it, minus one",
    },
}
SMOOTH = 0.025
LEVEL = 0.5
GAP = 0.15
LENGTH = 0.8
BESIDE = 1.5
VARIANTS = {
    "SMOOTH": [0.015, 0.03],
    "LEVEL": [0.4, 0.6],
    "GAP": [0.1, 0.25],
    "LENGTH": [0.6, 1.0],
    "BESIDE": [1.4, 1.8],
}
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
    """Measure shadow or enhancement; NaN where no nodule is found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = nodule(grey, mask)
    if found is None:
        return {name: NAN for name in FEATURES}
    rows, columns = np.nonzero(found)
    top, tall = rows.max(), np.ptp(rows) + 1
    first, last = int(top + GAP * tall), int(top + (GAP + LENGTH) * tall)
    middle, half = columns.mean(), max(2.0, columns.std())
    x = np.abs(np.arange(grey.shape[1]) - middle) / half
    below = grey[first : last + 1]
    if below.shape[0] < 4 or (x > 2 * BESIDE).sum() < 4 or (x < 1).sum() < 2:
        return {name: NAN for name in FEATURES}
    beside = below[:, (x > 2 * BESIDE) & (x < 6)]
    if beside.size < 20:
        return {name: NAN for name in FEATURES}
    contrast = below[:, x < 1].mean() / max(float(beside.mean()), 1.0) - 1
    return {"posterior_contrast": float(np.clip(contrast, -1, 5))}
