"""Dots and globules: round dark spots of the lesion, hairs and gel bubbles left out.

Sources: dots and globules of the ABCD rule's D (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559);
spots found as extrema of the scale-space curvature (Lindeberg T. Int J Comput Vis 1998;30:79-116).
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "globules"
FEATURES = {
    "globule_density": {
        "unit": "count",
        "range": [0, 400],
        "direction": "up",
        "meaning": "number of round dark spots that stand out by a fixed optical density, per lesion's area",
    },
    "globule_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion covered by round dark spots",
    },
}
SPOTS = [0.006, 0.01]
SMALLEST_PX = 1.4
STANDS_OUT = 0.06
RIM = 0.04
FLOOR = 0.01
MARGIN = 0.012
AREA_UNIT = 0.01
SIDE = 256
MIN_PX = 200
VARIANTS = {
    "SPOTS": [[0.006], [0.005, 0.008, 0.013], [0.008, 0.012]],
    "STANDS_OUT": [0.04, 0.09],
    "RIM": [0.02, 0.08],
    "FLOOR": [0.005, 0.02],
}
NAN = float("nan")


def spots(image, mask):
    """Contrast of round dark spots; 0 near glare (bubbles) and on hairs."""
    dense = tk.density(tk.without_hair(image), floor=FLOOR)
    found = tk.blobs(dense, tuple(min(max(one, SMALLEST_PX / min(mask.shape)), 0.2) for one in SPOTS))
    width = 2 * max(1, round(MARGIN * min(mask.shape))) + 1
    glare = (tk.specular_mask(image) & mask).astype(np.uint8)
    glare = cv2.dilate(glare, np.ones((width, width), np.uint8))
    return np.where((glare > 0) | tk.hair_mask(image), 0, found).astype(np.float32)


def extract(image, mask):
    """Measure dots and globules; NaN for a region too small to show any."""
    image, mask = tk.reduced(image, SIDE), tk.reduced(mask, SIDE)
    inner = tk.signed_distance(mask) > RIM
    if np.count_nonzero(inner) < MIN_PX:
        return {name: NAN for name in FEATURES}
    found = spots(image, mask)
    size = 2 * max(1, round(SPOTS[0] * min(mask.shape))) + 1
    tall = (found > STANDS_OUT) & inner
    peaks = tall & (found == cv2.dilate(found, np.ones((size, size), np.uint8)))
    area = np.count_nonzero(inner) / (AREA_UNIT * mask.size)
    return {
        "globule_density": float(min(np.count_nonzero(peaks) / area, 400)),
        "globule_share": float(np.sqrt(np.count_nonzero(tall) / np.count_nonzero(inner))),
    }
