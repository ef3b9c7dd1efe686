"""Blue-grey dots (peppering): small round spots that are bluer than what surrounds them, and no lighter.

Source: multiple blue-grey dots of the Menzies method (Menzies SW et al. Arch Dermatol 1996;132:1178-1182).
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "blue_dots"
FEATURES = {
    "blue_dot_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion covered by small round spots of low b*, softly counted",
    },
}
SPOTS = [0.006, 0.009]
LEAST = 1.5
STANDS_OUT = 6.0
NEUTRAL = 14.0
SOFT = 8.0
RIM = 0.05
MIN_PX = 200
VARIANTS = {"SPOTS": [[0.006], [0.008, 0.012]], "LEAST": [1.0, 2.5], "STANDS_OUT": [4.0, 9.0]}
NAN = float("nan")


def box_of(mask):
    """Box of the lesion with a margin, and by how much lengths in shares of its side are larger there."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[max(0, rows[0] - 12) : rows[-1] + 13, max(0, columns[0] - 12) : columns[-1] + 13]
    return box, min(mask.shape) / min(mask[box].shape)


def extract(image, mask):
    """Measure blue-grey dots; NaN for a region too small to show any."""
    inner = tk.signed_distance(mask) > RIM
    if inner.sum() < MIN_PX:
        return {name: NAN for name in FEATURES}
    box, larger = box_of(mask)
    sizes = tuple(min(one * larger, 0.2) for one in SPOTS)
    light, _, yellow = cv2.split(tk.lab(np.ascontiguousarray(tk.without_hair(image)[box])))
    low = np.clip(tk.blobs(yellow, sizes) - LEAST, 0, None)
    # A brown dot on pale ground is yellower than it; glare is bluish but lighter than its surroundings.
    grey = np.clip((NEUTRAL - yellow) / SOFT, 0, 1)
    lit = tk.blobs(light, sizes, dark=False) > 2
    low = np.where(lit | tk.hair_mask(image)[box], 0, low * grey)[inner[box]]
    return {"blue_dot_share": float(np.sqrt(np.clip(low / STANDS_OUT, 0, 1).mean()))}
