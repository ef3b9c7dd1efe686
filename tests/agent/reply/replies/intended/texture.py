import numpy as np
from scipy import ndimage

CRITERION = "surface"
FEATURES = {
    "edge_energy": {
        "unit": "grey levels",
        "range": [0, 400],
        "direction": "up",
        "meaning": "median gradient magnitude of the smoothed grey image inside the mask",
    },
    "edge_ratio": {
        "unit": "ratio",
        "range": [0, 100],
        "direction": "up",
        "meaning": "median gradient magnitude inside over that outside the mask",
    },
}
SMOOTHING = 1.0  # standard deviation in pixels


def extract(image, mask):
    result = {"edge_energy": float("nan"), "edge_ratio": float("nan")}
    if mask.sum() < 20 or (~mask).sum() < 20:
        return result
    grey = image.astype(float).mean(axis=-1)
    energy = ndimage.gaussian_gradient_magnitude(grey, SMOOTHING)
    inside = float(np.median(energy[mask]))
    outside = float(np.median(energy[~mask]))
    result["edge_energy"] = inside
    result["edge_ratio"] = inside / max(outside, 0.01)
    return result
