"""Dark dots close to the margin, against those deeper inside.

Source: peripheral black dots and globules of the Menzies method (Menzies SW et al. Arch Dermatol 1996;
132:1178-1182).
"""

import numpy as np
import toolkit as tk

CRITERION = "peripheral_dots"
FEATURES = {
    "rim_dot_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the rim covered by round dark spots, softly counted",
    },
    "rim_dot_excess": {
        "unit": "fraction",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "rim_dot_share minus the same root deeper inside",
    },
}
SPOTS = [0.006, 0.01]
LEAST = 0.05
STANDS_OUT = 0.15
FLOOR = 0.01
RIM_FROM = 0.01
RIM_TO = 0.16
SIDE = 256
MIN_PX = 100
VARIANTS = {"SPOTS": [[0.006], [0.005, 0.008]], "STANDS_OUT": [0.1, 0.25], "RIM_TO": [0.12, 0.2]}
NAN = float("nan")


def extract(image, mask):
    """Measure dots near the margin; NaN for a region too small to have a rim and a middle."""
    image, mask = tk.reduced(image, SIDE), tk.reduced(mask, SIDE)
    depth = tk.signed_distance(mask)
    rim, middle = (depth > RIM_FROM) & (depth <= RIM_TO), depth > RIM_TO
    if np.count_nonzero(rim) < MIN_PX or np.count_nonzero(middle) < MIN_PX:
        return {name: NAN for name in FEATURES}
    dense = tk.density(tk.without_hair(image), floor=FLOOR)
    cover = np.clip((tk.blobs(dense, tuple(SPOTS)) - LEAST) / STANDS_OUT, 0, 1)
    cover = np.where(tk.hair_mask(image), 0, cover)
    share = float(np.sqrt(cover[rim].mean()))
    return {"rim_dot_share": share, "rim_dot_excess": share - float(np.sqrt(cover[middle].mean()))}
