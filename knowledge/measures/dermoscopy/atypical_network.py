"""Atypical network: its lines are broad, and strong in places.

Sources: atypical pigment network of the 7-point checklist (Argenziano G et al. Arch Dermatol 1998;134:
1563-1570); broadened network of the Menzies method (Arch Dermatol 1996;132:1178-1182).
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "atypical_network"
FEATURES = {
    "line_breadth": {
        "unit": "ratio",
        "range": [0, 10],
        "direction": "up",
        "meaning": "contrast of broad dark lines over that of narrow ones, median over the lesion",
    },
    "broad_lines": {
        "unit": "log10",
        "range": [0, 0.3],
        "direction": "up",
        "meaning": "height of broad dark lines where they are strongest: upper decile over the lesion",
    },
}
NARROW = 0.0055
BROAD = 0.0125
REACH = 0.025
NARROW_PX = 1.0
BROAD_PX = 2.4
REACH_PX = 6.0
LEAST = 0.002
RIM = 0.06
FLOOR = 0.01
SIDE = 256
THINNED_BY = 128
MIN_PX = 200
VARIANTS = {"NARROW": [0.0045, 0.007], "BROAD": [0.01, 0.015], "REACH": [0.02, 0.035], "RIM": [0.03, 0.1]}
NAN = float("nan")


def lines(dense, sigma):
    """Height of dark lines of one breadth above their spots, in optical density."""
    smooth = cv2.GaussianBlur(dense, (0, 0), sigma)
    by = sigma**2 / 4
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3, scale=by)
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3, scale=by)
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3, scale=by)
    half, apart = (xx + yy) / 2, (xx - yy) / 2
    bow = np.sqrt(apart * apart + xy * xy)
    return np.maximum(bow - half, 0) - np.maximum(-half - bow, 0)


def thinned(plane, every):
    """Shrink a map by a whole number."""
    size = (plane.shape[1] // every, plane.shape[0] // every)
    return plane if every == 1 else cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


def extract(image, mask):
    """Measure how atypical the network is; NaN for a region too small to show one."""
    image, mask = tk.reduced(image, SIDE), tk.reduced(mask, SIDE)
    side, dense = min(mask.shape), tk.density(tk.without_hair(image), floor=FLOOR)
    every, reach = max(1, side // THINNED_BY), max(REACH_PX, REACH * side)
    narrow = thinned(lines(dense, max(NARROW_PX, NARROW * side)), every)
    broad = lines(thinned(dense, every), max(BROAD_PX, BROAD * side) / every)
    inner = tk.signed_distance(mask)[every // 2 :: every, every // 2 :: every] > RIM
    inner = inner[: narrow.shape[0], : narrow.shape[1]]
    if np.count_nonzero(inner) * every**2 < MIN_PX:
        return {name: NAN for name in FEATURES}
    narrow, broad = (cv2.GaussianBlur(one, (0, 0), reach / every)[inner] for one in (narrow, broad))
    return {
        "line_breadth": float(np.clip(np.median(broad / (narrow + LEAST)), 0, 10)),
        "broad_lines": float(np.clip(np.percentile(broad, 90), 0, 0.3)),
    }
