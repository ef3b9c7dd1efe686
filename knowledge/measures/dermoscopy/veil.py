"""Blue-white veil: how much of the lesion is blue by its own hue, neither black nor glare.

Sources: item of the 7-point checklist (Argenziano G et al. Arch Dermatol 1998;134:1563-1570); share of
blue-white pixels (Celebi ME et al. Comput Med Imaging Graph 2008;32:670-677). Hue is absolute: measured
against brown skin, black pigment would be blue. Only where skin itself is bluish (a cast) the bar is lowered.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "veil"
FEATURES = {
    "veil_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion that is blue by its own hue, red and black left out",
    },
    "blue_tail": {
        "unit": "CIELAB",
        "range": [-60, 60],
        "direction": "down",
        "meaning": "b* that a twentieth of the lesion lies below, black left out",
    },
}
BLUE = 8.0
BELOW_SKIN = 5.0
SOFT = 8.0
RED_FROM = 12.0
RED_WEIGHT = 0.4
BLACK = 8.0
NOT_BLACK = 20.0
BLUR = 0.008
RIM = 0.03
HAIR_SIDE = 256
SIDE = 160
MIN_PX = 100
VARIANTS = {
    "BLUE": [5.0, 11.0],
    "BELOW_SKIN": [3.0, 8.0],
    "RED_FROM": [8.0, 16.0],
    "BLUR": [0.005, 0.015],
    "BLACK": [5.0, 12.0],
}
NAN = float("nan")


def reduced(image, mask):
    """Image without hairs and mask at SIDE pixels at most: what is confluent needs no more."""
    small = tk.reduced(tk.without_hair(tk.reduced(image, HAIR_SIDE)), SIDE)
    return small, tk.reduced(tk.reduced(mask, HAIR_SIDE), SIDE)


def blueness(image, mask):
    """Blue beyond the bar at each pixel, 0 for red, black and lighter than skin; and b* where not black."""
    lab = tk.lab(image)
    lab = cv2.GaussianBlur(lab, (0, 0), max(0.5, BLUR * min(mask.shape)))
    around = lab.reshape(-1, 3)[np.flatnonzero(tk.skin_ring(mask) & ~tk.dark_corners(image))[::5]]
    skin = np.median(around, axis=0) if len(around) >= MIN_PX // 5 else np.array([100.0, 0.0, 100.0])
    light, red, yellow = cv2.split(lab)
    bar = min(BLUE, float(skin[2]) - BELOW_SKIN)
    blue = np.clip(bar - yellow - RED_WEIGHT * np.clip(red - RED_FROM, 0, None), 0, None)
    seen = np.clip((light - BLACK) / (NOT_BLACK - BLACK), 0, 1) * (light < skin[0])
    return blue * seen, yellow[mask & (light > BLACK)]


def extract(image, mask):
    """Measure the veil; NaN for a region too small. Without skin around, the bar is absolute."""
    image, mask = reduced(image, mask)
    if np.count_nonzero(mask) < MIN_PX:
        return {name: NAN for name in FEATURES}
    blue, yellow = blueness(image, mask)
    inner = tk.signed_distance(mask) > RIM
    cover = np.clip(blue / SOFT, 0, 1)
    return {
        "veil_share": float(np.sqrt(cover[inner].mean())),
        "blue_tail": float(np.percentile(yellow, 5)) if len(yellow) >= MIN_PX else NAN,
    }
