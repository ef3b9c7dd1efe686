"""Pigment of the lesion: how much more red light it absorbs than the skin around, where blood absorbs least.

Source: optical density separates melanin from haemoglobin (Yamamoto T et al., Skin Res Technol 2008;14:26-34,
doi:10.1111/j.1600-0846.2007.00256.x). Both values fall on dark skin, which hides pigment.
"""

import numpy as np
import toolkit as tk

CRITERION = "pigmentation"
FEATURES = {
    "photo_darkness": {
        "unit": "log10",
        "range": [-0.5, 2],
        "direction": "up",
        "meaning": "median optical density of red light in the lesion minus that of the skin ring",
    },
    "photo_dark_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion whose red light is under half of the skin's",
    },
}
NEAR = 0.08
FAR = 0.4
MIN_PX = 100
HALF = 0.3
VARIANTS = {"FAR": [0.3, 0.4, 0.55], "HALF": [0.2, 0.3, 0.45]}


def skin_and_root(mask):
    """Return the ring of skin around the lesion and the root of its area; or None where either lacks."""
    ring = tk.skin_ring(mask, NEAR, FAR)
    lacks = mask.sum() < MIN_PX or ring.sum() < MIN_PX
    return None if lacks else (ring, float(np.sqrt(mask.sum())))


def extract(image, mask):
    """Measure darkness against the skin around."""
    place = skin_and_root(mask)
    if place is None:
        return {name: float("nan") for name in FEATURES}
    red = tk.optical_density(image)[:, :, 0]
    denser = red[mask] - np.median(red[place[0]])
    return {"photo_darkness": float(np.median(denser)), "photo_dark_share": float((denser > HALF).mean())}
