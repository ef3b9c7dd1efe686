"""Cellularity: share and number of nuclei.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "nuclei"
FEATURES = {
    "nuclear_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field covered by haematoxylin above its surroundings",
    },
    "nuclear_density": {
        "unit": "count",
        "range": [0, 100],
        "direction": "up",
        "meaning": "root of the number of round haematoxylin peaks in a field of 100 by 100 times their size",
    },
}
LEVEL = 0.195
SPOT = 0.011
PEAK = 0.15
VARIANTS = {"LEVEL": [0.15, 0.26], "SPOT": [0.009, 0.014], "PEAK": [0.1, 0.2]}
NAN = float("nan")


def extract(image, mask):
    """Measure cellularity; NaN for images too small to show tissue."""
    size = min(image.shape[:2])
    if size < 32:
        return {name: NAN for name in FEATURES}
    blue = np.ascontiguousarray(tk.stains(image)[:, :, 0])
    smooth = cv2.GaussianBlur(blue, (0, 0), max(0.6, 0.004 * size))
    spots = tk.blobs(blue, SPOT, dark=False)
    width = 2 * max(1, round(SPOT * size)) + 1
    peaks = (spots > PEAK) & (spots == cv2.dilate(spots, np.ones((width, width), np.uint8)))
    fields = blue.size / (100 * SPOT * size) ** 2
    return {
        "nuclear_share": tk.share(smooth > max(float(np.median(smooth)) + LEVEL, 0.15)),
        "nuclear_density": float(np.sqrt(np.count_nonzero(peaks) / fields)),
    }
