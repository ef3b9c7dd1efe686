"""Margin of the nodule: how narrow the step of brightness across it is.

Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013). Without an outline the
nodule is found as the dark region near the middle, which misses bright nodules.
"""

import cv2
import numpy as np

CRITERION = "margin"
FEATURES = {
    "margin_step": {
        "unit": "fraction",
        "range": [-1, 3],
        "direction": "down",
        "meaning": "share of the step from around to inside that falls within a narrow band at the margin",
    },
}
SMOOTH = 0.025
LEVEL = 0.5
BAND = 0.05
FAR = 0.25
VARIANTS = {"SMOOTH": [0.015, 0.03], "LEVEL": [0.4, 0.6], "BAND": [0.035, 0.08], "FAR": [0.2, 0.3]}
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
    """Measure the margin; NaN where no nodule is found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = nodule(grey, mask)
    if found is None:
        return {name: NAN for name in FEATURES}
    depth = step(grey, found)
    bands = [(depth > FAR / 2), (depth > 0) & (depth < BAND), (depth < 0) & (depth > -BAND)]
    bands = [*bands, (depth < -FAR / 2) & (depth > -FAR)]
    if min(band.sum() for band in bands) < 8:
        return {name: NAN for name in FEATURES}
    deep, near_in, near_out, outside = [float(grey[band].mean()) for band in bands]
    if outside - deep < 4:
        return {name: NAN for name in FEATURES}
    return {"margin_step": float(np.clip((near_out - near_in) / (outside - deep), -1, 3))}
