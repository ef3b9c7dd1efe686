"""Size of nuclei: larger in tumour than in lymphoid cells.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "nuclear_size"
FEATURES = {
    "nuclear_diameter": {
        "unit": "fraction",
        "range": [0, 0.2],
        "direction": "up",
        "meaning": "diameter of a nucleus over the side, below which half of all nuclear area lies",
    },
}
LEVEL = 0.195
LEAST = 0.0003
LARGEST = 0.004
CENTRE = 1.0
VARIANTS = {
    "LEVEL": [0.15, 0.26],
    "LEAST": [0.0002, 0.0004],
    "LARGEST": [0.003, 0.006],
    "CENTRE": [0.33, 0.6],
}
NAN = float("nan")


def nuclei(image):
    """Cover of nuclei, their labels and areas over the side squared: haematoxylin above its surroundings."""
    size = min(image.shape[:2])
    blue = cv2.GaussianBlur(tk.stains(image)[:, :, 0], (0, 0), max(0.6, 0.004 * size))
    cover = blue > max(float(np.median(blue)) + LEVEL, 0.15)
    labels, areas = tk.components(cover)
    return cover, labels, areas * (cover.size / size**2)


def extract(image, mask):
    """Measure nuclear size; NaN for images too small to show tissue, or with fewer than three nuclei."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    labels, areas = nuclei(image)[1:]
    top, left = (int((1 - CENTRE) / 2 * side) for side in labels.shape)
    seen = np.unique(labels[top : labels.shape[0] - top, left : labels.shape[1] - left])
    areas = areas[seen[seen > 0] - 1]
    areas = np.sort(areas[(areas > LEAST) & (areas < LARGEST)])
    if len(areas) < 3:
        return {"nuclear_diameter": NAN}
    # By area, not by number: fragments of pale tissue are many and small.
    half = np.searchsorted(np.cumsum(areas), areas.sum() / 2)
    return {"nuclear_diameter": float(2 * np.sqrt(areas[min(half, len(areas) - 1)] / np.pi))}
