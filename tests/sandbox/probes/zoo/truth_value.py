"""A bool sold as a number."""

# expects: contract
# says: redness
CRITERION = "vascularity"
FEATURES = {
    "redness": {"unit": "ratio", "range": [0, 1], "direction": "up", "meaning": "redder than green"},
}


def extract(image, mask):
    return {"redness": bool(image[..., 0].mean() > image[..., 1].mean())}
