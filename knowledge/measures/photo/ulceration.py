"""Erosion, crust and dried blood: parts that absorb much more green light than the rest, and are red.

Source: signs of squamous and basal cell carcinoma (Que SKT et al., J Am Acad Dermatol 2018;78:237-247,
doi:10.1016/j.jaad.2017.08.059). A dark patch of melanin absorbs red light too and is left out by its hue.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "ulceration"
FEATURES = {
    "photo_crust_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion that is dark and redder than its pigment explains",
    },
    "photo_crust_depth": {
        "unit": "log10",
        "range": [0, 2],
        "direction": "up",
        "meaning": "optical density of green light, 95th percentile minus median of the lesion",
    },
    "photo_red_spread": {
        "unit": "log10",
        "range": [0, 1],
        "direction": "up",
        "meaning": "standard deviation of log10(R/G) in linear light within the lesion after smoothing",
    },
    "photo_red_peak": {
        "unit": "log10",
        "range": [-0.5, 1.5],
        "direction": "up",
        "meaning": "95th percentile of log10(R/G) in the lesion minus the median of the skin ring",
    },
    "photo_surface": {
        "unit": "ratio",
        "range": [-2, 3],
        "direction": "up",
        "meaning": "log10 of the spread of log luminance over a tenth of the lesion, lesion over skin ring",
    },
}
NEAR = 0.08
FAR = 0.4
MIN_PX = 100
SMOOTH = 0.02
DEEPER = 0.25
REDDER = 0.1
EDGE = 0.04
COARSE = 0.06
VARIANTS = {"DEEPER": [0.18, 0.25, 0.35], "REDDER": [0.05, 0.1, 0.16], "SMOOTH": [0.01, 0.02, 0.04]}


def skin_and_root(mask):
    """Return the ring of skin around the lesion and the root of its area; or None where either lacks."""
    ring = tk.skin_ring(mask, NEAR, FAR)
    lacks = mask.sum() < MIN_PX or ring.sum() < MIN_PX
    return None if lacks else (ring, float(np.sqrt(mask.sum())))


def soft(plane, size):
    """Blur by a share of the root of the lesion's area."""
    return cv2.GaussianBlur(plane, (0, 0), max(0.4, size))


def extract(image, mask):
    """Measure crust within the lesion."""
    place = skin_and_root(mask)
    if place is None:
        return {name: float("nan") for name in FEATURES}
    ring, root = place
    dense = soft(tk.optical_density(image), SMOOTH * root)
    green, red = dense[:, :, 1], dense[:, :, 1] - dense[:, :, 0]
    own = float(np.median(green[mask]))
    crust = (green - own > DEEPER) & (red > np.median(red[ring]) + REDDER) & (tk.signed_distance(mask) > EDGE)
    light = np.log10(0.02 + tk.linear_light(image) @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32))
    band = soft(light, COARSE * root) - soft(light, 2 * COARSE * root)
    return {
        "photo_red_spread": float(red[mask].std()),
        "photo_red_peak": float(np.percentile(red[mask], 95) - np.median(red[ring])),
        "photo_surface": float(np.log10((band[mask].std() + 1e-3) / (band[ring].std() + 1e-3))),
        "photo_crust_share": float(crust.sum() / mask.sum()),
        "photo_crust_depth": max(0.0, float(np.percentile(green[mask], 95)) - own),
    }
