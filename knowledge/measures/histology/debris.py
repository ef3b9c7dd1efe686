"""Debris: granular necrosis, stained unevenly at the finest scale.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "debris"
FEATURES = {
    "grain": {
        "unit": "ratio",
        "range": [0, 5],
        "direction": "up",
        "meaning": "median over tissue of fine local variation of eosin over its mean",
    },
}
FINE = 0.008
COARSE = 0.02
WINDOW = 0.05
VARIANTS = {"COARSE": [0.016, 0.026], "WINDOW": [0.035, 0.08]}
NAN = float("nan")


def extract(image, mask):
    """Measure debris; NaN for images too small to show tissue, or with hardly any."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    size = min(image.shape[:2])
    blue, pink = cv2.split(np.clip(tk.stains(image), 0, 2))
    fine = cv2.GaussianBlur(pink, (0, 0), max(0.6, FINE * size))
    fine = fine - cv2.GaussianBlur(pink, (0, 0), max(1.5, COARSE * size))
    width = int(3.5 * WINDOW * size) | 1
    level = np.sqrt(np.maximum(cv2.blur(fine * fine, (width, width)), 0))
    tissue = cv2.GaussianBlur(0.547 * blue + 0.389 * pink, (0, 0), 2.0) > 0.13
    tissue = cv2.erode(tissue.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if tissue.sum() < 50:
        return {"grain": NAN}
    return {"grain": float(min(np.median(level[tissue]) / max(float(pink[tissue].mean()), 0.022), 5.0))}
