import numpy as np

CRITERION = "redness"
FEATURES = {
    "red_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "red over the sum of the channels, median inside the mask",
    },
    "red_contrast": {
        "unit": "fraction",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "red share inside the mask minus red share outside it, medians",
    },
}


def share(image):
    rgb = image.astype(float)
    return rgb[..., 0] / np.maximum(rgb.sum(axis=-1), 1.0)


def extract(image, mask):
    values = share(image)
    if not mask.any() or mask.all():
        return {"red_share": float("nan"), "red_contrast": float("nan")}
    inside = float(np.median(values[mask]))
    outside = float(np.median(values[~mask]))
    return {"red_share": inside, "red_contrast": inside - outside}
