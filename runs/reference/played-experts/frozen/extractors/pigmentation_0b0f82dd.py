"""Brown pigment of the scar against its skin, in red light, which blood hardly absorbs."""

import numpy as np
import toolkit as tk

CRITERION = "pigmentation"
FEATURES = {
    "melanin_density": {
        "unit": "log10",
        "range": [-0.6, 0.8],
        "direction": "up",
        "meaning": "median red optical density of the scar minus that of the ring, less a tenth of the rise of green over red density, which blood explains",
    },
}
NEAR, FAR = 0.08, 0.25  # the ring of skin, in roots of the lesion's area
LEAST = 60  # pixels of the ring, as the task asks
BLOOD = 0.1  # density that blood adds in red for each that it adds to green over red


def extract(image, mask):
    ring = tk.skin_ring(mask, near=NEAR, far=FAR)
    if mask.sum() < LEAST or ring.sum() < LEAST:
        return {"melanin_density": float("nan")}
    density = tk.optical_density(image)
    rise = np.median(density[mask], axis=0) - np.median(density[ring], axis=0)
    return {"melanin_density": float(rise[0] - BLOOD * (rise[1] - rise[0]))}
