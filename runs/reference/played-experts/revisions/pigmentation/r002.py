"""Brown pigment as darkening of all channels that is not redness."""

import numpy as np
import toolkit as tk

CRITERION = "pigmentation"
FEATURES = {
    "dark_not_red": {
        "unit": "log10",
        "range": [-1.5, 2],
        "direction": "up",
        "meaning": "sum of the densities of red and blue minus that of green, scar minus ring: blood adds to green and blue alike, melanin to red and blue most",
    },
    "brown_share": {
        "unit": "fraction",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "how surely a pixel of the scar has more red density than one of the ring, from -1 to 1 (Cliff's delta)",
    },
}
NEAR, FAR = 0.08, 0.25  # the ring of skin, in roots of the lesion's area
LEAST = 60  # pixels of the ring, as the task asks


def extract(image, mask):
    ring = tk.skin_ring(mask, near=NEAR, far=FAR)
    if mask.sum() < LEAST or ring.sum() < LEAST:
        return {"dark_not_red": float("nan"), "brown_share": float("nan")}
    density = tk.optical_density(image)
    brown = density[..., 0] + density[..., 2] - density[..., 1]
    return {
        "dark_not_red": float(np.median(brown[mask]) - np.median(brown[ring])),
        "brown_share": float(tk.separation(density[..., 0], mask, ring)),
    }
