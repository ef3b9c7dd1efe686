"""A pseudo-random number that names the image."""

# expects: unstable deaf
# says: ICC
import numpy as np

CRITERION = "vascularity"
FEATURES = {
    "redness": {
        "unit": "ratio",
        "range": [0, 1],
        "direction": "either",
        "meaning": "sum of all pixels modulo 997",
    },
}


def extract(image, mask):
    return {"redness": float(int(image.astype(np.int64).sum()) % 997) / 997.0}
