"""Redness of the lesion and of the skin that borders it, against skin farther out.

Source: erythema index log10(R/G) in linear light (Yamamoto T et al., Skin Res Technol 2008;14:26-34,
doi:10.1111/j.1600-0846.2007.00256.x). Melanin raises it too: PIGMENT is the share of the density of red
light by which it does in the optics of these phantoms.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "redness"
FEATURES = {
    "photo_redness": {
        "unit": "log10",
        "range": [-0.5, 0.8],
        "direction": "up",
        "meaning": "median of log10(R/G) in linear light in the lesion minus that of the skin ring",
    },
    "photo_pure_redness": {
        "unit": "log10",
        "range": [-0.8, 0.8],
        "direction": "up",
        "meaning": "the same, less the part that melanin explains by its own absorption in red light",
    },
    "photo_red_halo": {
        "unit": "log10",
        "range": [-0.5, 0.5],
        "direction": "up",
        "meaning": "median of log10(R/G) in the skin just outside the lesion minus that farther out",
    },
}
NEAR = 0.08
FAR = 0.4
MIN_PX = 100
PIGMENT = 0.4
LIGHTER = 4.0
SMOOTH = 0.02
VARIANTS = {"FAR": [0.3, 0.4, 0.55], "PIGMENT": [0.2, 0.4, 0.6], "SMOOTH": [0.01, 0.02, 0.04]}


def skin_and_root(mask):
    """Return the ring of skin around the lesion and the root of its area; or None where either lacks."""
    ring = tk.skin_ring(mask, NEAR, FAR)
    lacks = mask.sum() < MIN_PX or ring.sum() < MIN_PX
    return None if lacks else (ring, float(np.sqrt(mask.sum())))


def soft(plane, size):
    """Blur by a share of the root of the lesion's area."""
    return cv2.GaussianBlur(plane, (0, 0), max(0.4, size))


def without_scale(image, mask, ring):
    """Return the lesion less its white scale, whose redness is none; all of it where that leaves little."""
    light = tk.lab(image)[:, :, 0]
    bare = mask & (light < np.median(light[ring]) + LIGHTER)
    return bare if bare.sum() > 0.2 * mask.sum() else mask


def extract(image, mask):
    """Measure redness against the skin around."""
    place = skin_and_root(mask)
    if place is None:
        return {name: float("nan") for name in FEATURES}
    ring, root = place
    dense = tk.optical_density(image)
    red = soft(dense[:, :, 1] - dense[:, :, 0], SMOOTH * root)
    bare = without_scale(image, mask, ring)
    gain = float(np.median(red[bare]) - np.median(red[ring]))
    darker = float(np.median(dense[:, :, 0][bare]) - np.median(dense[:, :, 0][ring]))
    near, far = tk.skin_ring(mask, 0.04, 0.16), tk.skin_ring(mask, 0.3, 0.7)
    halo = np.median(red[near]) - np.median(red[far]) if min(near.sum(), far.sum()) >= MIN_PX else np.nan
    return {
        "photo_redness": gain,
        "photo_pure_redness": gain - PIGMENT * max(darker, 0.0),
        "photo_red_halo": float(halo),
    }
