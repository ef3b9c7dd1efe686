"""Brown pigment at both ends: the palest and the darkest quarter of the scar against those of its skin."""

import numpy as np
import toolkit as tk

CRITERION = "pigmentation"
FEATURES = {
    "dark_quarter": {
        "unit": "log10",
        "range": [-0.6, 0.9],
        "direction": "up",
        "meaning": "upper quartile of red optical density in the scar minus that in the ring",
    },
    "pale_quarter": {
        "unit": "log10",
        "range": [-0.7, 0.7],
        "direction": "up",
        "meaning": "lower quartile of red optical density in the scar minus that in the ring; pigment that is lost in patches lowers it",
    },
}
NEAR, FAR = 0.08, 0.25  # the ring of skin, in roots of the lesion's area
LEAST = 60  # pixels of the ring, as the task asks
LOW, HIGH = 25, 75  # percentiles


def extract(image, mask):
    ring = tk.skin_ring(mask, near=NEAR, far=FAR)
    if mask.sum() < LEAST or ring.sum() < LEAST:
        return {"dark_quarter": float("nan"), "pale_quarter": float("nan")}
    red = tk.optical_density(image)[..., 0]
    scar = np.percentile(red[mask], [LOW, HIGH])
    skin = np.percentile(red[ring], [LOW, HIGH])
    return {"dark_quarter": float(scar[1] - skin[1]), "pale_quarter": float(scar[0] - skin[0])}
