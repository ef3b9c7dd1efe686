"""Visible vessels: thin lines and dots that are redder than their surroundings, beyond what skin shows.

Sources: atypical vascular pattern of the 7-point checklist (Argenziano G et al. Arch Dermatol 1998;134:
1563-1570); haemoglobin as green minus red absorbance (Yamamoto T et al. Skin Res Technol 2008,
10.1111/j.1600-0846.2007.00256.x). MELANIN_RATIO, melanin's green over red absorbance, is an assumption.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "vessels"
FEATURES = {
    "vessel_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion with fine redness, softly counted up to a fixed density",
    },
}
MELANIN_RATIO = 1.6
FINE = 0.0035
COARSE = 0.012
LEAST = 0.02
STANDS_OUT = 0.06
FLOOR = 0.01
RIM = 0.05
SIDE = 256
MIN_PX = 200
VARIANTS = {
    "MELANIN_RATIO": [1.45, 1.75],
    "COARSE": [0.009, 0.016],
    "LEAST": [0.014, 0.03],
    "STANDS_OUT": [0.04, 0.09],
}
NAN = float("nan")


def extract(image, mask):
    """Measure vessels; NaN for a region too small."""
    image, mask = tk.reduced(image, SIDE), tk.reduced(mask, SIDE)
    inner = tk.signed_distance(mask) > RIM
    if np.count_nonzero(inner) < MIN_PX:
        return {name: NAN for name in FEATURES}
    side = min(mask.shape)
    red = tk.density(tk.without_hair(image), (-MELANIN_RATIO, 1.0, 0.0), FLOOR)
    fine = cv2.GaussianBlur(red, (0, 0), max(0.7, FINE * side))
    fine = fine - cv2.GaussianBlur(red, (0, 0), max(2.0, COARSE * side))
    around = fine[tk.skin_ring(mask) & ~tk.dark_corners(image)][::3]
    # What skin shows is noise and relief; vessels of the lesion stand out beyond it.
    least = max(LEAST, float(np.percentile(around, 97))) if len(around) >= MIN_PX // 6 else LEAST
    above = np.clip(np.where(tk.hair_mask(image), 0, fine)[inner] - least, 0, None)
    return {
        "vessel_share": float(np.sqrt(np.clip(above / STANDS_OUT, 0, 1).mean())),
    }
