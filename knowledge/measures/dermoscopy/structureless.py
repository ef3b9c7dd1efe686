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
SIDE = 256
THINNED_BY = 128
MIN_PX = 200
VARIANTS = {
    "COARSE": [0.009, 0.016],
    "WINDOW": [0.014, 0.03],
    "SMOOTH_BELOW": [0.3, 0.5],
    "TIMES_SKIN": [1.3, 1.8],
}
NAN = float("nan")


def variation(image, mask, every):
    """Local root mean square of the band-passed optical density of red and green, in blocks of pixels."""
    side = min(mask.shape)
    dense = tk.density(tk.without_hair(image), floor=FLOOR)
    fine = cv2.GaussianBlur(dense, (0, 0), max(0.6, FINE * side))
    fine = fine - cv2.GaussianBlur(dense, (0, 0), max(1.5, COARSE * side))
    size = (mask.shape[1] // every, mask.shape[0] // every)
    square = cv2.resize(fine * fine, size, interpolation=cv2.INTER_AREA)
    return np.sqrt(cv2.GaussianBlur(square, (0, 0), max(2.5, WINDOW * side) / every))


def thinned(mask, shape, every):
    """Read a mask at the middle of every block of pixels."""
    return mask[every // 2 :: every, every // 2 :: every][: shape[0], : shape[1]]


def extract(image, mask):
    """Measure structureless areas; NaN for a region too small; plain_share NaN without skin around."""
    image, mask = tk.reduced(image, SIDE), tk.reduced(mask, SIDE)
    every = max(1, min(mask.shape) // THINNED_BY)
    level = variation(image, mask, every)
    inside = level[thinned(tk.signed_distance(mask) > RIM, level.shape, every)]
    if len(inside) * every**2 < MIN_PX:
        return {name: NAN for name in FEATURES}
    high = max(float(np.percentile(inside, 90)), LEAST_LEVEL)
    ring = tk.skin_ring(mask, 0.12, 0.3) & ~tk.dark_corners(image)
    around = level[thinned(ring, level.shape, every)]
    bar = TIMES_SKIN * float(np.median(around)) if len(around) * every**2 >= MIN_PX // 2 else NAN
    plain = float(np.clip(1.5 - inside / (bar + 1e-6), 0, 1).mean()) if bar == bar else NAN
    return {
        "structureless_share": float(np.sqrt((inside < SMOOTH_BELOW * high).mean())),
        "plain_share": plain,
    }
