"""Pearly surface: sharp colourless reflections on the lesion that the skin around does not show.

Source: signs of nodular basal cell carcinoma (Cameron MC et al., J Am Acad Dermatol 2019;80:303-317,
doi:10.1016/j.jaad.2018.03.060). Reflections add the same light to each channel, so the darkest channel shows
them best (Shafer SA, Color Res Appl 1985;10:210, doi:10.1002/col.5080100409). A polariser hides them.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "pearl"
FEATURES = {
    "photo_highlight": {
        "unit": "log10",
        "range": [-1, 2],
        "direction": "up",
        "meaning": "darkest channel in linear light, 99th percentile over median, less that of the skin ring",
    },
}
NEAR = 0.08
FAR = 0.4
MIN_PX = 100
SMOOTH = 0.01
VARIANTS = {"FAR": [0.3, 0.4, 0.55], "SMOOTH": [0.005, 0.01, 0.02]}


def skin_and_root(mask):
    """Return the ring of skin around the lesion and the root of its area; or None where either lacks."""
    ring = tk.skin_ring(mask, NEAR, FAR)
    lacks = mask.sum() < MIN_PX or ring.sum() < MIN_PX
    return None if lacks else (ring, float(np.sqrt(mask.sum())))


def soft(plane, size):
    """Blur by a share of the root of the lesion's area."""
    return cv2.GaussianBlur(plane, (0, 0), max(0.4, size))


def peak(values):
    """Return how far the brightest hundredth lies above the middle, log10."""
    return float(np.log10((np.percentile(values, 99) + 0.01) / (np.median(values) + 0.01)))


def extract(image, mask):
    """Measure reflections on the lesion."""
    place = skin_and_root(mask)
    if place is None:
        return {name: float("nan") for name in FEATURES}
    ring, root = place
    darkest = soft(tk.linear_light(image).min(axis=2), SMOOTH * root)
    return {
        "photo_highlight": peak(darkest[mask]) - peak(darkest[ring]),
    }
