"""Variegation: several colours beside each other within one lesion.

Source: C of the ABCDE rule (Rigel DS et al., Arch Dermatol 2005;141:1032, doi:10.1001/archderm.141.8.1032);
entropy of colour cells after Shannon (Bell Syst Tech J 1948;27:379, doi:10.1002/j.1538-7305.1948.tb01338.x).
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "colour"
FEATURES = {
    "photo_hue_spread": {
        "unit": "CIELAB",
        "range": [0, 60],
        "direction": "up",
        "meaning": "root mean square distance from the mean in a* and b* after smoothing",
    },
    "photo_chroma_spread": {
        "unit": "CIELAB",
        "range": [0, 60],
        "direction": "up",
        "meaning": "standard deviation of chroma within the lesion after smoothing",
    },
    "photo_colour_number": {
        "unit": "count",
        "range": [1, 40],
        "direction": "up",
        "meaning": "exponential of the entropy over cells of a* and b* of 6 units",
    },
    "photo_blue_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion that is darker and bluer, but not redder, than the skin ring",
    },
}
NEAR = 0.08
FAR = 0.4
MIN_PX = 100
SMOOTH = 0.03
CELL = 6.0
BLUER = 9.0
DARKER = 8.0
REDDER = 6.0
VARIANTS = {
    "FAR": [0.3, 0.4, 0.55],
    "SMOOTH": [0.02, 0.03, 0.05],
    "CELL": [4.0, 6.0, 9.0],
    "BLUER": [6.0, 9.0, 13.0],
}


def skin_and_root(mask):
    """Return the ring of skin around the lesion and the root of its area; or None where either lacks."""
    ring = tk.skin_ring(mask, NEAR, FAR)
    lacks = mask.sum() < MIN_PX or ring.sum() < MIN_PX
    return None if lacks else (ring, float(np.sqrt(mask.sum())))


def soft(plane, size):
    """Blur by a share of the root of the lesion's area."""
    return cv2.GaussianBlur(plane, (0, 0), max(0.4, size))


def extract(image, mask):
    """Measure how many colours lie within the lesion."""
    place = skin_and_root(mask)
    if place is None:
        return {name: float("nan") for name in FEATURES}
    ring, root = place
    lab = soft(tk.lab(image), SMOOTH * root)
    hues = lab[mask][:, 1:]
    counts = np.unique(np.floor(hues / CELL + 0.5).astype(int), axis=0, return_counts=True)[1]
    shares = counts / counts.sum()
    lighter, redder, yellower = (lab[mask] - np.median(lab[ring], axis=0)).T
    blue = (yellower < -BLUER) & (lighter < -DARKER) & (redder < REDDER)
    return {
        "photo_hue_spread": float(np.sqrt(((hues - hues.mean(axis=0)) ** 2).sum(axis=1).mean())),
        "photo_chroma_spread": float(np.hypot(hues[:, 0], hues[:, 1]).std()),
        "photo_colour_number": float(np.exp(-(shares * np.log(shares)).sum())),
        "photo_blue_share": float(blue.mean()),
    }
