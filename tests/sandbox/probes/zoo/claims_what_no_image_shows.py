"""Pliability needs touch."""

# expects: contract
# says: no image shows
CRITERION = "pliability"
FEATURES = {
    "softness": {"unit": "ratio", "range": [0, 255], "direction": "down", "meaning": "mean red"},
}


def extract(image, mask):
    return {"softness": float(image[..., 0].mean())}
