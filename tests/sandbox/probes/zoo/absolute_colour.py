"""Absolute redness: normal skin differs more between people than scars differ from their skin."""

# expects: nuisance
# says: skin_tone
import numpy as np

CRITERION = "vascularity"
FEATURES = {
    "redness": {
        "unit": "ratio",
        "range": [0, 5],
        "direction": "up",
        "meaning": "red over green inside the scar",
    },
}


def extract(image, mask):
    if mask.sum() < 50:
        return {"redness": float("nan")}
    red = np.median(image[..., 0][mask].astype(float))
    green = np.median(image[..., 1][mask].astype(float))
    return {"redness": float(min(red / (green + 1.0), 5.0))}
