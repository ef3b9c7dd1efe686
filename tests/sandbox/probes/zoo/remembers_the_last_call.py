"""Keeps a list between calls; each call starts afresh, so what is left is absolute colour."""

# expects: nondeterministic nuisance
# says: redness
import numpy as np

CRITERION = "vascularity"
FEATURES = {
    "redness": {
        "unit": "level",
        "range": [0, 100000],
        "direction": "up",
        "meaning": "red, plus the number of calls",
    },
}
SEEN = []


def extract(image, mask):
    SEEN.append(1)
    return {"redness": float(np.mean(image[..., 0])) + 50.0 * len(SEEN)}
