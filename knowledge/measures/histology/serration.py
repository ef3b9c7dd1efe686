"""Serration: lumens whose outline is toothed.

Source: serrated lumens of the MHIST labels (Wei J et al. AIME 2021, arXiv:2101.12355).
Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "serration"
FEATURES = {
    "lumen_hull_gap": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of their convex hulls that lumens do not fill, by area",
    },
}
EMPTY = 0.07
LEAST = 0.0012
LARGEST = 0.075
VARIANTS = {"EMPTY": [0.052, 0.095], "LEAST": [0.0008, 0.002], "LARGEST": [0.06, 0.09]}
NAN = float("nan")


def lumens(image):
    """Depth within empty areas of the size of a lumen that the frame does not cut, and their labels."""
    blue, pink = cv2.split(tk.stains(image))
    dense = cv2.GaussianBlur(0.547 * blue + 0.389 * pink, (0, 0), max(0.5, 0.004 * min(image.shape[:2])))
    labels, areas = tk.components(dense < EMPTY, LEAST)
    cut = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    return labels, [n for n in range(1, len(areas) + 1) if areas[n - 1] < LARGEST and n not in cut]


def extract(image, mask):
    """Measure serration; NaN for images too small to show tissue, or without a lumen."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    labels, found = lumens(image)
    filled, hulls = 0.0, 0.0
    for number in found:
        one = (labels == number).astype(np.uint8)
        contours = cv2.findContours(one, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
        outline = max(contours, key=cv2.contourArea)
        filled = filled + cv2.contourArea(outline)
        hulls = hulls + cv2.contourArea(cv2.convexHull(outline))
    return {"lumen_hull_gap": float(1 - filled / hulls) if hulls > 0 else NAN}
