"""Redness of the scar against its skin, with what lightness explains taken out."""

import numpy as np
import toolkit as tk

CRITERION = "vascularity"
FEATURES = {
    "a_beyond_lightness": {
        "unit": "CIELAB",
        "range": [-30, 50],
        "direction": "up",
        "meaning": "median a* of the scar minus the a* that the ring's own line of a* on L* gives at the scar's L*",
    },
    "red_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the scar's pixels whose a* beyond lightness exceeds the 90th percentile of the ring's",
    },
}
NEAR, FAR = 0.08, 0.25  # the ring of skin, in roots of the lesion's area
LEAST = 60  # pixels of the ring, as the task asks
STEEPEST = 0.5  # a* for each L*: skin shading is flatter, a steeper line is noise
HIGH = 90  # percentile of the ring


def slope(lightness, redness):
    """Return a robust slope of redness on lightness within the ring, between halves of equal size."""
    middle = np.median(lightness)
    dark, bright = lightness <= middle, lightness > middle
    if not bright.any():
        return 0.0
    run = np.median(lightness[bright]) - np.median(lightness[dark])
    rise = np.median(redness[bright]) - np.median(redness[dark])
    return float(np.clip(rise / run, -STEEPEST, STEEPEST)) if run > 1 else 0.0


def extract(image, mask):
    ring = tk.skin_ring(mask, near=NEAR, far=FAR)
    if mask.sum() < LEAST or ring.sum() < LEAST:
        return {"a_beyond_lightness": float("nan"), "red_share": float("nan")}
    lab = tk.lab(image)
    lightness, redness = lab[..., 0], lab[..., 1]
    steep = slope(lightness[ring], redness[ring])
    rest = redness - steep * (lightness - np.median(lightness[ring]))
    matte = mask & ~tk.specular_mask(image)
    inside = rest[matte] if matte.sum() >= LEAST else rest[mask]
    return {
        "a_beyond_lightness": float(np.median(inside) - np.median(rest[ring])),
        "red_share": float(np.mean(inside > np.percentile(rest[ring], HIGH))),
    }
