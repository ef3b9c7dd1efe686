"""Blood in the scar beyond that in its skin: the slope of melanin is the skin's own, where skin tells it."""

import numpy as np
import toolkit as tk

CRITERION = "vascularity"
FEATURES = {
    "blood_density": {
        "unit": "log10",
        "range": [-0.4, 0.8],
        "direction": "up",
        "meaning": "median green minus red optical density of the matte scar, minus that of the ring, both without what the ring's own slope of it on red density explains",
    },
}
NEAR, FAR = 0.08, 0.25  # the ring of skin, in roots of the lesion's area
LEAST = 60  # pixels of the ring, as the task asks
MELANIN = 0.4  # density of green over red that melanin adds for one of red, where the ring is too even to tell
LOWEST, STEEPEST = 0, 0.8  # what a slope may be: melanin never takes redness away
EVEN = 0.02  # spread of red density (log10) below which a slope is noise


def slope(red, over):
    """Return the rise of green over red density for one of red, between the ring's dark and bright halves."""
    middle = np.median(red)
    dark, bright = red > middle, red <= middle
    if not dark.any():
        return MELANIN
    run = np.median(red[dark]) - np.median(red[bright])
    rise = np.median(over[dark]) - np.median(over[bright])
    return float(np.clip(rise / run, LOWEST, STEEPEST)) if run > EVEN else MELANIN


def extract(image, mask):
    ring = tk.skin_ring(mask, near=NEAR, far=FAR)
    if mask.sum() < LEAST or ring.sum() < LEAST:
        return {"blood_density": float("nan")}
    density = tk.optical_density(image)
    red, over = density[..., 0], density[..., 1] - density[..., 0]
    matte = mask & ~tk.specular_mask(image)
    inside = matte if matte.sum() >= LEAST else mask
    blood = over - slope(red[ring], over[ring]) * red
    return {"blood_density": float(np.median(blood[inside]) - np.median(blood[ring]))}
