"""Asymmetry of outline and tone about the lesion's best axis and the one across it.

Source: A of the ABCDE rule (Rigel DS et al., Arch Dermatol 2005;141:1032, doi:10.1001/archderm.141.8.1032);
axes through the centre as in Stoecker WV et al., Comput Med Imaging Graph 1992;16:191-197,
doi:10.1016/0895-6111(92)90073-I.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "asymmetry"
FEATURES = {
    "photo_shape_asymmetry": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of mask and mirrored mask that is not common, mean of best axis and the one across",
    },
    "photo_tone_shift": {
        "unit": "ratio",
        "range": [0, 1],
        "direction": "up",
        "meaning": "distance from the mask's centre to that weighted by darkness over the root of the area",
    },
}
NEAR = 0.08
FAR = 0.4
MIN_PX = 200
SMOOTH = 0.05
LEAST = 0.01
VARIANTS = {"FAR": [0.3, 0.4, 0.55], "SMOOTH": [0.03, 0.05, 0.08]}


def skin_and_root(mask):
    """Return the ring of skin around the lesion and the root of its area; or None where either lacks."""
    ring = tk.skin_ring(mask, NEAR, FAR)
    lacks = mask.sum() < MIN_PX or ring.sum() < MIN_PX
    return None if lacks else (ring, float(np.sqrt(mask.sum())))


def soft(plane, size):
    """Blur by a share of the root of the lesion's area."""
    return cv2.GaussianBlur(plane, (0, 0), max(0.4, size))


def extract(image, mask):
    """Measure asymmetry of outline and tone."""
    place = skin_and_root(mask)
    if place is None:
        return {name: float("nan") for name in FEATURES}
    ring, root = place
    dense = soft(tk.optical_density(image).mean(axis=2), SMOOTH * root)
    darker = np.abs(dense[mask] - np.median(dense[ring])).astype(np.float64) + LEAST
    down, across = np.nonzero(mask)
    shift = [float(np.average(axis, weights=darker) - axis.mean()) for axis in (down, across)]
    apart = tk.symmetry(dense, mask)
    return {
        "photo_shape_asymmetry": (apart["shape"] + apart["shape_across"]) / 2,
        "photo_tone_shift": float(np.hypot(shift[0], shift[1])) / root,
    }
