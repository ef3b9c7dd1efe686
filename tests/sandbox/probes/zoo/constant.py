"""Says the same of everybody."""

# expects: constant
# says: on every phantom
CRITERION = "vascularity"
FEATURES = {
    "redness": {"unit": "ratio", "range": [0, 1], "direction": "up", "meaning": "a number"},
}


def extract(image, mask):
    return {"redness": 0.5}
