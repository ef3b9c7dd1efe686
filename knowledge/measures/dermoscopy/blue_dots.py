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
SPOTS = [0.0075]
LEAST = 1.5
STANDS_OUT = 6.0
NEUTRAL = 14.0
SOFT = 8.0
RIM = 0.05
SIDE = 256
MIN_PX = 200
VARIANTS = {"SPOTS": [[0.006, 0.009], [0.01]], "LEAST": [1.0, 2.5], "STANDS_OUT": [4.0, 9.0]}
NAN = float("nan")


def extract(image, mask):
    """Measure blue-grey dots; NaN for a region too small to show any."""
    image, mask = tk.reduced(image, SIDE), tk.reduced(mask, SIDE)
    inner = tk.signed_distance(mask) > RIM
    if np.count_nonzero(inner) < MIN_PX:
        return {name: NAN for name in FEATURES}
    light, _, yellow = cv2.split(tk.lab(tk.without_hair(image)))
    low = np.clip(tk.blobs(yellow, tuple(SPOTS)) - LEAST, 0, None)
    # A brown dot on pale ground is yellower than it; glare is bluish but lighter than its surroundings.
    grey = np.clip((NEUTRAL - yellow) / SOFT, 0, 1)
    lit = tk.blobs(light, SPOTS[-1], dark=False) > 2
    low = np.where(lit | tk.hair_mask(image), 0, low * grey)[inner]
    return {"blue_dot_share": float(np.sqrt(np.clip(low / STANDS_OUT, 0, 1).mean()))}
