"""Blotches: areas without structure that are far darker than the lesion's own usual pigment.

Source: irregular blotches of the 7-point checklist (Argenziano G et al. Arch Dermatol 1998;134:1563-1570);
blotches by their darkness against the lesion and their distance from its centre (Stoecker WV et al. Skin Res
Technol 2005;11:179-184).
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "blotches"
FEATURES = {
    "blotch_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion that is far darker than its median, in optical density",
    },
    "blotch_offset": {
        "unit": "ratio",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the mean over the lesion of blotch cover times its distance from the centre",
    },
}
DARKER = 0.22
SOFT = 0.2
BLUR = 0.02
RIM = 0.05
EVEN = (1 / 3, 1 / 3, 1 / 3)
FLOOR = 0.01
MIN_PX = 150
HAIR_SIDE = 256
SIDE = 160
VARIANTS = {"DARKER": [0.15, 0.3], "BLUR": [0.012, 0.03], "RIM": [0.03, 0.08], "FLOOR": [0.005, 0.02]}
NAN = float("nan")


def reduced(image, mask):
    """Image without hairs and mask at SIDE pixels at most: what is confluent needs no more."""
    small = tk.reduced(tk.without_hair(tk.reduced(image, HAIR_SIDE)), SIDE)
    return small, tk.reduced(tk.reduced(mask, HAIR_SIDE), SIDE)


def cover(image, mask, inner):
    """Cover (0-1) of what is darker than the lesion's median by a fixed density, grain and lines blurred."""
    dense = tk.density(image, EVEN, FLOOR)
    dense = cv2.GaussianBlur(dense, (0, 0), max(0.5, BLUR * min(mask.shape)))
    return np.clip((dense - np.median(dense[inner][::3]) - DARKER) / SOFT + 0.5, 0, 1)


def extract(image, mask):
    """Measure blotches; NaN for a region too small to hold one."""
    image, mask = reduced(image, mask)
    inner = tk.signed_distance(mask) > RIM
    if np.count_nonzero(inner) < MIN_PX:
        return {name: NAN for name in FEATURES}
    dark = cover(image, mask, inner) * inner
    share = float(np.sqrt(dark.sum() / np.count_nonzero(inner)))
    whole = cv2.moments(inner.astype(np.uint8), binaryImage=True)
    x = np.arange(mask.shape[1]) - whole["m10"] / whole["m00"]
    y = np.arange(mask.shape[0]) - whole["m01"] / whole["m00"]
    away = np.sqrt(x[None, :] ** 2 + y[:, None] ** 2) / np.sqrt(np.count_nonzero(mask))
    offset = float(np.sqrt((dark * away)[inner].mean()))
    return {"blotch_share": share, "blotch_offset": min(offset, 1.0)}
