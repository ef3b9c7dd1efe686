"""Gives up below a fixed brightness, so dark skin has no value."""

# expects: missing lost
# says: NaN
import cv2
import numpy as np
from scipy import ndimage

CRITERION = "vascularity"
FEATURES = {
    "redness": {
        "unit": "CIELAB",
        "range": [-60, 60],
        "direction": "up",
        "meaning": "median a*, scar minus skin",
    },
}


def extract(image, mask):
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(float)
    ring = ndimage.binary_dilation(mask, iterations=12) & ~ndimage.binary_dilation(mask, iterations=3)
    if mask.sum() < 50 or ring.sum() < 50 or np.median(lab[..., 0][ring]) < 105:
        return {"redness": float("nan")}
    return {"redness": float(np.median(lab[..., 1][mask]) - np.median(lab[..., 1][ring]))}
