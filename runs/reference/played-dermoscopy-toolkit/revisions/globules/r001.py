"""Globules: round dark spots of pigment inside the lesion."""

import numpy as np
import toolkit as tk
from scipy import ndimage, special

CRITERION = "globules"
FEATURES = {
    "globule_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion that stands out from its surroundings on all sides by about 0.06 of density, lines left out, minus that of the skin ring",
    },
    "globule_density": {
        "unit": "count",
        "range": [0, 1000],
        "direction": "up",
        "meaning": "number of separate round spots that stand out by 0.06 of density inside the lesion",
    },
}
NEAR, FAR = 0.03, 0.25  # ring of skin, in roots of the lesion's area
MIN_PIXELS = 100  # of the ring, as the task asks
CORE = 0.03  # the edge of the lesion is left out, in roots of the area
SPOTS = (0.01, 0.016, 0.025)  # sizes of spots, in shares of the frame's shorter side
LINES = (0.01, 0.016)  # widths of lines, same unit
ROUND = 0.6  # a spot stands out on all sides nearly as much as across its best line
HEIGHT, SOFT = 0.06, 0.01  # log10 of density where a spot counts half, and softness


def extract(image, mask):
    nothing = dict.fromkeys(FEATURES, float("nan"))
    left_out = tk.hair_mask(image) | tk.dark_corners(image) | tk.specular_mask(image) | tk.ruler_mask(image)
    ring = tk.skin_ring(mask, near=NEAR, far=FAR) & ~left_out
    core = (tk.signed_distance(mask) > CORE) & ~left_out
    if core.sum() < MIN_PIXELS or ring.sum() < MIN_PIXELS:
        return nothing
    density = tk.density(tk.without_hair(image))
    spots = np.array(tk.blobs(density, sizes=SPOTS, dark=False))  # pigment is high in density
    lines = tk.ridges(density, widths=LINES, dark=False)
    spots[spots < ROUND * lines] = 0
    votes = np.where(spots > 0, special.expit((spots - HEIGHT) / SOFT), 0)
    share = max(float(votes[core].mean() - votes[ring].mean()), 0)
    return {
        "globule_share": float(np.sqrt(share)),
        "globule_density": float(ndimage.label((spots > HEIGHT) & core)[1]),
    }
