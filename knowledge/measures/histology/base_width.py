"""Broad, dilated crypts: wide lumens.

Source: broad-based crypts of sessile serrated lesions (Wei J et al. AIME 2021, arXiv:2101.12355).
Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "base_width"
FEATURES = {
    "lumen_width": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "median over lumens of the widest inscribed circle, over the field's side",
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
    """Measure width of crypts; NaN for images too small to show tissue, or without a lumen."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    labels, found = lumens(image)
    inside = cv2.distanceTransform(np.isin(labels, found).astype(np.uint8), cv2.DIST_L2, 5)
    widths = [2 * float(inside[labels == number].max()) / min(image.shape[:2]) for number in found]
    return {"lumen_width": float(np.median(widths)) if widths else NAN}
