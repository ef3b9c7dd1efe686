import cv2
import numpy as np


def extract(image, mask):
    """Colour percentiles in Lab and HSV."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.float32)
    inside = mask > 0
    feats = {}
    for name, arr in (("lab", lab), ("hsv", hsv)):
        for c in range(3):
            v = arr[..., c][inside]
            feats[f"{name}_{c}_mean"] = float(v.mean())
            feats[f"{name}_{c}_p90"] = float(np.percentile(v, 90))
    return feats
