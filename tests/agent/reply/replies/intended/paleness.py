"""Paleness of the lesion against the tissue around it."""

import numpy as np
from scipy import ndimage
from skimage import color

CRITERION = "paleness"
FEATURES = {
    "delta_l_median": {
        "unit": "CIELAB",
        "range": [-80, 80],
        "direction": "up",
        "meaning": "median L* inside the mask minus median L* of the ring around it",
    },
    "l_iqr": {
        "unit": "CIELAB",
        "range": [0, 100],
        "direction": "either",
        "meaning": "interquartile range of L* inside the mask",
    },
}
OUTER_FRAC = 0.15  # of the square root of the lesion's area


def extract(image, mask):
    if mask.sum() < 20:
        return {"delta_l_median": float("nan"), "l_iqr": float("nan")}
    distance = ndimage.distance_transform_edt(~mask)
    ring = (distance > 0) & (distance <= max(2.0, OUTER_FRAC * np.sqrt(mask.sum())))
    lightness = color.rgb2lab(image)[..., 0]
    inside = lightness[mask]
    return {
        "delta_l_median": float(np.median(inside) - np.median(lightness[ring])),
        "l_iqr": float(np.percentile(inside, 75) - np.percentile(inside, 25)),
    }
