"""Adipose tissue: very large empty cells.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "fat"
FEATURES = {
    "large_empty_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field in empty areas larger than a lumen",
    },
    "thin_walls": {
        "unit": "log10",
        "range": [-3, 1],
        "direction": "up",
        "meaning": "mean height of thin stained lines over the mean stain: walls and little else",
    },
}
EMPTY = 0.087
LARGE = 0.02
WALL = 0.01
VARIANTS = {"EMPTY": [0.065, 0.12], "LARGE": [0.012, 0.03], "WALL": [0.007, 0.014]}
NAN = float("nan")


def extract(image, mask):
    """Measure fat; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    blue, pink = cv2.split(tk.stains(image))
    dense = 0.547 * blue + 0.389 * pink
    smooth = cv2.GaussianBlur(dense, (0, 0), max(0.5, 0.004 * min(image.shape[:2])))
    walls = tk.ridges(dense, WALL, dark=False).mean() / max(float(dense.mean()) + 0.01, 0.01)
    return {
        "large_empty_share": float(tk.components(smooth < EMPTY, LARGE)[1].sum()),
        "thin_walls": float(np.log10(walls + 0.001)),
    }
