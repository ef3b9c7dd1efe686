"""Structureless: how much of the lesion has no fine variation of pigment."""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "structureless"
FEATURES = {
    "structureless_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion whose local spread of fine density, skin's spread taken off, is below 0.35 of its own upper decile",
    },
    "plain_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion whose local spread of fine density is below 1.5 times the median spread of the skin ring",
    },
}
NEAR, FAR = 0.03, 0.25  # ring of skin, in roots of the lesion's area
MIN_PIXELS = 100  # of the ring, as the task asks
CORE = 0.08  # the edge of the lesion is left out, in roots of the area
SLOW = 0.05  # variation slower than this goes, in roots of the area
WINDOW = 0.03  # of the local spread, in shares of the frame's shorter side
DECILE = 90  # percentile that stands for the lesion's structured parts
PART = 0.35  # of that decile: below is structureless
AS_SKIN = 1.5  # times the skin's spread: below is plain


def extract(image, mask):
    nothing = dict.fromkeys(FEATURES, float("nan"))
    left_out = tk.hair_mask(image) | tk.dark_corners(image) | tk.specular_mask(image) | tk.ruler_mask(image)
    ring = tk.skin_ring(mask, near=NEAR, far=FAR) & ~left_out
    core = (tk.signed_distance(mask) > CORE) & ~left_out
    if core.sum() < MIN_PIXELS or ring.sum() < MIN_PIXELS:
        return nothing
    density = np.array(tk.density(tk.without_hair(image)))
    size = float(np.sqrt(mask.sum()))
    fine = density - cv2.GaussianBlur(density, (0, 0), max(SLOW * size, 1))
    spread = tk.local_spread(fine, size=WINDOW)
    skin = float(np.median(spread[ring]))
    own = np.sqrt(np.maximum(spread[core] ** 2 - skin**2, 0))
    level = PART * float(np.percentile(own, DECILE))
    return {
        "structureless_share": float(np.sqrt((own <= level).mean())),
        "plain_share": float((spread[core] < AS_SKIN * skin).mean()),
    }
