"""Scale and horn: lighter and less coloured than skin, in small flakes.

Source: signs of actinic keratosis and squamous cell carcinoma (Que SKT et al., J Am Acad Dermatol
2018;78:237-247, doi:10.1016/j.jaad.2017.08.059). Grey hair, cream and highlights look alike.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "keratin"
FEATURES = {
    "photo_scale_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion lighter and less saturated than the skin ring",
    },
    "photo_scale_texture": {
        "unit": "log10",
        "range": [0, 1],
        "direction": "up",
        "meaning": "mean height of small light spots and flakes over the lesion",
    },
}
NEAR = 0.08
FAR = 0.4
MIN_PX = 100
SMOOTH = 0.01
LIGHTER = 4.0
PALER = 0.8
FLAKE = 0.05
VARIANTS = {
    "FAR": [0.3, 0.4, 0.55],
    "LIGHTER": [2.0, 4.0, 8.0],
    "PALER": [0.7, 0.8, 0.9],
    "FLAKE": [0.03, 0.05, 0.08],
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
    """Measure scale on the lesion."""
    place = skin_and_root(mask)
    if place is None:
        return {name: float("nan") for name in FEATURES}
    ring, root = place
    lab = soft(tk.lab(image), SMOOTH * root)
    skin = np.median(lab[ring], axis=0)
    chroma = np.hypot(lab[:, :, 1], lab[:, :, 2])
    flake = (lab[:, :, 0] > skin[0] + LIGHTER) & (chroma < PALER * np.hypot(skin[1], skin[2]))
    light = np.log10(0.02 + tk.linear_light(image) @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32))
    width = 2 * max(1, round(FLAKE * root)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    fine = soft(light, SMOOTH * root)
    top = fine - cv2.morphologyEx(fine, cv2.MORPH_OPEN, disc)
    return {
        "photo_scale_share": float(flake[mask].mean()),
        "photo_scale_texture": float(top[mask].mean()),
    }
