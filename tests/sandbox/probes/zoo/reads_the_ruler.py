"""Adds up straight dark strokes anywhere in the frame: a ruler, not a suture mark."""

# expects: nuisance
# says: ruler
import cv2
import numpy as np

CRITERION = "vascularity"
FEATURES = {
    "strokes": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "bright low-chroma pixels outside",
    },
}


def extract(image, mask):
    a = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[..., 1].astype(float)
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    white = (hsv[..., 1] < 40) & (hsv[..., 2] > 150) & ~mask
    inside = float(np.median(a[mask]) - 128) if mask.any() else 0.0
    return {"strokes": float(np.clip(white.mean() * 8 + inside / 400, 0, 1))}
