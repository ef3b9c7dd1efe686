"""Pigment apart from shade: a shadow over the scar darkens every channel alike and gave the old value too."""

import numpy as np
import toolkit as tk

CRITERION = "pigmentation"
FEATURES = {
    "melanin_beyond_shade": {
        "unit": "log10",
        "range": [-1.5, 1.5],
        "direction": "up",
        "meaning": "melanin's amount when the rise of density from ring to scar is parted into melanin, blood and neutral shade",
    },
}
NEAR, FAR = 0.08, 0.25  # the ring of skin, in roots of the lesion's area
LEAST = 60  # pixels of the ring, as the task asks
MELANIN = (1, 1.5, 2)  # density in red, green, blue for one of red: it absorbs more the shorter the wave
BLOOD = (0.1, 1, 0.9)  # likewise for one of green: nearly nothing in red
SHADE = (1, 1, 1)


def extract(image, mask):
    ring = tk.skin_ring(mask, near=NEAR, far=FAR)
    if mask.sum() < LEAST or ring.sum() < LEAST:
        return {"melanin_beyond_shade": float("nan")}
    density = tk.optical_density(image)
    rise = np.median(density[mask], axis=0) - np.median(density[ring], axis=0)
    parts = np.linalg.solve(np.column_stack([MELANIN, BLOOD, SHADE]), rise)
    return {"melanin_beyond_shade": float(parts[0])}
