"""Shape of the nodule: how far its outline is from an ellipse.

Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013). Without an outline the
nodule is found as the dark region near the middle, which misses bright nodules.
"""

import cv2
import numpy as np

CRITERION = "shape"
FEATURES = {
    "ellipse_misfit": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the nodule that does not overlap the ellipse of its moments",
    },
    "hull_gap": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the convex hull that the nodule does not fill",
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
    """Measure shape; NaN where no nodule is found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = nodule(grey, mask)
    if found is None:
        return {name: NAN for name in FEATURES}
    rows, columns = np.nonzero(found)
    y, x = rows - rows.mean(), columns - columns.mean()
    spread = np.array([[np.mean(x * x), np.mean(x * y)], [np.mean(x * y), np.mean(y * y)]]) + 0.1 * np.eye(2)
    inverse = np.linalg.inv(spread)
    all_rows, all_columns = np.indices(found.shape)
    dy, dx = all_rows - rows.mean(), all_columns - columns.mean()
    ellipse = inverse[0, 0] * dx * dx + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy * dy < 4
    overlap = (ellipse & found).sum() / max(1, (ellipse | found).sum())
    contours = cv2.findContours(found.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    outline = max(contours, key=cv2.contourArea)
    hull = cv2.contourArea(cv2.convexHull(outline))
    gap = 1 - cv2.contourArea(outline) / hull if hull > 0 else NAN
    return {"ellipse_misfit": float(1 - overlap), "hull_gap": float(gap)}
