"""Dark dots close to the margin, against those deeper inside.

Source: peripheral black dots and globules of the Menzies method (Menzies SW et al. Arch Dermatol 1996;
132:1178-1182).
"""

import cv2
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
SPOTS = [0.005, 0.008]
LEAST = 0.05
STANDS_OUT = 0.15
FLOOR = 0.01
RIM_FROM = 0.01
RIM_TO = 0.16
MIN_PX = 100
VARIANTS = {"SPOTS": [[0.005], [0.006, 0.009]], "STANDS_OUT": [0.1, 0.25], "RIM_TO": [0.12, 0.2]}
NAN = float("nan")


def box_of(mask):
    """Box of the lesion with a margin, and by how much lengths in shares of its side are larger there."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[max(0, rows[0] - 12) : rows[-1] + 13, max(0, columns[0] - 12) : columns[-1] + 13]
    return box, min(mask.shape) / min(mask[box].shape)


def extract(image, mask):
    """Measure dots near the margin; NaN for a region too small to have a rim and a middle."""
    depth = tk.signed_distance(mask)
    rim, middle = (depth > RIM_FROM) & (depth <= RIM_TO), depth > RIM_TO
    if rim.sum() < MIN_PX or middle.sum() < MIN_PX:
        return {name: NAN for name in FEATURES}
    box, larger = box_of(mask)
    dense = tk.optical_density(tk.without_hair(image), FLOOR)[box]
    dense = cv2.transform(np.ascontiguousarray(dense), np.array([[0.5, 0.5, 0.0]]))
    sizes = tuple(min(one * larger, 0.2) for one in SPOTS)
    cover = np.clip((tk.blobs(dense, sizes) - LEAST) / STANDS_OUT, 0, 1)
    cover = np.where(tk.hair_mask(image)[box], 0, cover)
    share = float(np.sqrt(cover[rim[box]].mean()))
    return {"rim_dot_share": share, "rim_dot_excess": share - float(np.sqrt(cover[middle[box]].mean()))}
