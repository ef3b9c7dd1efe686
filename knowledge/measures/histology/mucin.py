"""Mucin: areas with little of either stain that are not empty.

Source of the stain vectors: Ruifrok AC, Johnston DA. Anal Quant Cytol Histol 2001;23:291-299.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "mucin"
FEATURES = {
    "pale_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the field that is pale over some distance: stained, but far less than tissue",
    },
}
BLUR = 0.02
PALE_FROM = 0.026
PALE_TO = 0.13
PINK_TO = 0.096
VARIANTS = {"BLUR": [0.012, 0.03], "PALE_TO": [0.11, 0.156], "PINK_TO": [0.07, 0.13]}
NAN = float("nan")


def extract(image, mask):
    """Measure mucin; NaN for images too small to show tissue."""
    if min(image.shape[:2]) < 32:
        return {name: NAN for name in FEATURES}
    stained = cv2.medianBlur(np.clip(tk.stains(image), 0, 2), 5)
    dense = 0.547 * stained[:, :, 0] + 0.389 * stained[:, :, 1]
    pale = (dense > PALE_FROM) & (dense < PALE_TO) & (stained[:, :, 1] < PINK_TO)
    cover = cv2.GaussianBlur(pale.astype(np.float32), (0, 0), BLUR * min(image.shape[:2]))
    return {"pale_share": tk.share(cover > 0.5)}
