"""Blood in the scar beyond that in its skin: optical densities with the direction of melanin taken out."""

import numpy as np
import toolkit as tk

CRITERION = "vascularity"
FEATURES = {
    "blood_density": {
        "unit": "log10",
        "range": [-0.4, 0.8],
        "direction": "up",
        "meaning": "median green minus 1.4 times red optical density of the scar, minus that of the ring: what green absorbs beyond melanin",
    },
}
NEAR, FAR = 0.08, 0.25  # the ring of skin, in roots of the lesion's area
LEAST = 60  # pixels of the ring, as the task asks
MELANIN = 1.4  # density that melanin adds in green for each of red (it falls with wavelength)


def extract(image, mask):
    ring = tk.skin_ring(mask, near=NEAR, far=FAR)
    if mask.sum() < LEAST or ring.sum() < LEAST:
        return {"blood_density": float("nan")}
    density = tk.optical_density(image)
    blood = density[..., 1] - MELANIN * density[..., 0]
    return {"blood_density": float(np.median(blood[mask]) - np.median(blood[ring]))}
