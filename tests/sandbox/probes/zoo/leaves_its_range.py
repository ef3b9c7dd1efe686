"""Declares a fraction and returns a level."""

# expects: out_of_range
# says: declare the range
CRITERION = "vascularity"
FEATURES = {
    "redness": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "mean red minus mean green",
    },
}


def extract(image, mask):
    if not mask.any():
        return {"redness": float("nan")}
    return {"redness": float(image[..., 0][mask].mean() - image[..., 1][mask].mean())}
