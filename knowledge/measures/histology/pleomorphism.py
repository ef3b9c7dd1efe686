"""Pleomorphism: nuclei of unequal size.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "pleomorphism"
FEATURES = {
    "nuclear_size_spread": {
        "unit": "ratio",
        "range": [0, 5],
        "direction": "up",
        "meaning": "spread of log area of nuclei: half the distance from the 16th to the 84th percentile",
    },
}
LEVEL = 0.195
LEAST = 0.00012
LARGEST = 0.004
VARIANTS = {"LEVEL": [0.15, 0.26], "LEAST": [0.00008, 0.0002], "LARGEST": [0.003, 0.006]}
NAN = float("nan")


def nuclei(image):
    """Cover of nuclei, their labels and areas over the side squared: haematoxylin above its surroundings."""
    size = min(image.shape[:2])
    blue = cv2.GaussianBlur(tk.stains(image)[:, :, 0], (0, 0), max(0.6, 0.004 * size))
    cover = blue > max(float(np.median(blue)) + LEVEL, 0.15)
    labels, areas = tk.components(cover)
    return cover, labels, areas * (cover.size / size**2)


def extract(image, mask):
    """Measure pleomorphism; NaN for images too small to show tissue, or with fewer than six nuclei."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    areas = nuclei(image)[2]
    areas = areas[(areas > LEAST) & (areas < LARGEST)]
    if len(areas) < 6:
        return {"nuclear_size_spread": NAN}
    low, high = np.percentile(np.log(areas), [16, 84])
    return {"nuclear_size_spread": float((high - low) / 2)}
