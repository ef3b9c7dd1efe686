"""Glands: empty areas of the size of a lumen.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "glands"
FEATURES = {
    "lumen_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field that is empty areas of the size of a gland's lumen",
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
    """Measure glands; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    labels, found = lumens(image)
    return {"lumen_share": tk.share(np.isin(labels, found))}
