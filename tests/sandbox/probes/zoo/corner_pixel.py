"""One pixel far from the lesion."""

# expects: deaf nuisance unstable
# says: redness
CRITERION = "vascularity"
FEATURES = {
    "redness": {"unit": "level", "range": [0, 255], "direction": "up", "meaning": "red of the first pixel"},
}


def extract(image, mask):
    return {"redness": float(image[0, 0, 0])}
