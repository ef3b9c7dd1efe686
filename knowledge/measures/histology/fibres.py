"""Fibres: matrix whose texture runs one way.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "fibres"
FEATURES = {
    "fibre_coherence": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "anisotropy of the structure tensor of eosin over neighbourhoods, weighted by its energy",
    },
}
FINE = 0.012
REACH = 0.06
VARIANTS = {"FINE": [0.008, 0.018], "REACH": [0.04, 0.09]}
NAN = float("nan")


def extract(image, mask):
    """Measure fibres; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    size = min(image.shape[:2])
    pink = np.clip(tk.stains(image)[:, :, 1], 0, 2)
    pink = cv2.GaussianBlur(pink, (0, 0), max(0.6, FINE * size))
    width = int(3.5 * REACH * size) | 1
    energy = cv2.blur(tk.local_spread(pink, 0.02) ** 2, (width, width))
    coherence = tk.orientation(pink, REACH)[1]
    return {"fibre_coherence": float((coherence * energy).sum() / (energy.sum() + 1e-9))}
