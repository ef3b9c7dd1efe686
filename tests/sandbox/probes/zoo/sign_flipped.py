"""Skin minus scar where it should be scar minus skin."""

# expects: wrong_sign
# says: moves the other way
import cv2
import numpy as np
from scipy import ndimage

CRITERION = "vascularity"
FEATURES = {
    "redness": {
        "unit": "CIELAB",
        "range": [-60, 60],
        "direction": "up",
        "meaning": "median a*, skin minus scar",
    },
}


def extract(image, mask):
    a = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[..., 1].astype(float)
    ring = ndimage.binary_dilation(mask, iterations=12) & ~ndimage.binary_dilation(mask, iterations=3)
    if mask.sum() < 50 or ring.sum() < 50:
        return {"redness": float("nan")}
    return {"redness": float(np.median(a[ring]) - np.median(a[mask]))}
