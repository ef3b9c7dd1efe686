"""Share of a lesion without structure: where it varies no more than the skin around it.

Source: structureless areas of the ABCD rule's D count when they pass a tenth of the lesion (Nachbar F et al.
J Am Acad Dermatol 1994;30:551-559).
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "structureless"
FEATURES = {
    "structureless_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share whose fine variation stays under a part of its own upper decile",
    },
    "plain_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion whose fine variation is about that of the skin around it",
    },
}
FINE = 0.004
COARSE = 0.012
WINDOW = 0.02
SMOOTH_BELOW = 0.4
LEAST_LEVEL = 0.008
TIMES_SKIN = 1.5
RIM = 0.1
FLOOR = 0.01
MIN_PX = 200
VARIANTS = {
    "COARSE": [0.009, 0.016],
    "WINDOW": [0.014, 0.03],
    "SMOOTH_BELOW": [0.3, 0.5],
    "TIMES_SKIN": [1.3, 1.8],
}
NAN = float("nan")


def variation(image, mask):
    """Local root mean square of the band-passed optical density of red and green."""
    side = min(mask.shape)
    dense = cv2.transform(tk.optical_density(tk.without_hair(image), FLOOR), np.array([[0.5, 0.5, 0.0]]))
    fine = cv2.GaussianBlur(dense, (0, 0), max(0.6, FINE * side))
    fine = fine - cv2.GaussianBlur(dense, (0, 0), max(1.5, COARSE * side))
    return np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), max(2.5, WINDOW * side)))


def extract(image, mask):
    """Measure structureless areas; NaN for a region too small; plain_share NaN without skin around."""
    inner = tk.signed_distance(mask) > RIM
    if inner.sum() < MIN_PX:
        return {name: NAN for name in FEATURES}
    level = variation(image, mask)
    inside = level[inner]
    high = max(float(np.percentile(inside[::3], 90)), LEAST_LEVEL)
    around = level[tk.skin_ring(mask, 0.12, 0.3) & ~tk.dark_corners(image)]
    bar = TIMES_SKIN * float(np.median(around)) if len(around) >= MIN_PX // 2 else NAN
    plain = float(np.clip(1.5 - inside / (bar + 1e-6), 0, 1).mean()) if bar == bar else NAN
    return {
        "structureless_share": float(np.sqrt((inside < SMOOTH_BELOW * high).mean())),
        "plain_share": plain,
    }
