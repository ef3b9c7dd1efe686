"""Divides by zero and returns it."""

# expects: contract
# says: redness
CRITERION = "vascularity"
FEATURES = {
    "redness": {"unit": "ratio", "range": [0, 1], "direction": "up", "meaning": "infinity"},
}


def extract(image, mask):
    return {"redness": float("inf")}
