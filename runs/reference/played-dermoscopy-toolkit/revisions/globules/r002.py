"""Globules: round dark spots of pigment inside the lesion, in parts of the lesion's own pigment."""

import cv2
import numpy as np
import toolkit as tk
from scipy import special

CRITERION = "globules"
FEATURES = {
    "globule_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion that stands out from its surroundings on all sides by about 0.15 of the lesion's median density above skin, lines left out",
    },
    "globule_strength": {
        "unit": "ratio",
        "range": [-0.2, 0.5],
        "direction": "up",
        "meaning": "mean height of round spots of density in the lesion minus that in the skin ring, over the lesion's median density above skin, lines left out",
    },
}
NEAR, FAR = 0.03, 0.25  # ring of skin, in roots of the lesion's area
MIN_PIXELS = 100  # of the ring, as the task asks
CORE = 0.08  # the edge of the lesion is left out, in roots of the area
FINE = 0.006  # smoothing in shares of the frame's shorter side: the mesh of a network goes, globules stay
SPOTS = (0.016, 0.025)  # sizes of spots, same unit
LINES = (0.016, 0.025)  # widths of lines, same unit
ROUND = 0.75  # a spot stands out on all sides nearly as much as across its best line
HEIGHT, SOFT = 0.15, 0.03  # of the lesion's pigment: where a spot counts half, and softness
LEAST = 0.05  # log10: least pigment that a ratio is taken over


def extract(image, mask):
    nothing = dict.fromkeys(FEATURES, float("nan"))
    left_out = tk.hair_mask(image) | tk.dark_corners(image) | tk.specular_mask(image) | tk.ruler_mask(image)
    ring = tk.skin_ring(mask, near=NEAR, far=FAR) & ~left_out
    core = (tk.signed_distance(mask) > CORE) & ~left_out
    if core.sum() < MIN_PIXELS or ring.sum() < MIN_PIXELS:
        return nothing
    density = np.array(tk.density(tk.without_hair(image)))
    pigment = max(float(np.median(density[core]) - np.median(density[ring])), LEAST)
    density = cv2.GaussianBlur(density, (0, 0), max(FINE * min(mask.shape), 1 / 2))
    spots = np.array(tk.blobs(density, sizes=SPOTS, dark=False)) / pigment  # pigment is high in density
    lines = tk.ridges(density, widths=LINES, dark=False) / pigment
    spots[spots < ROUND * lines] = 0
    votes = np.where(spots > 0, special.expit((spots - HEIGHT) / SOFT), 0)
    return {
        "globule_share": float(np.sqrt(votes[core].mean())),
        "globule_strength": float(spots[core].mean() - spots[ring].mean()),
    }
