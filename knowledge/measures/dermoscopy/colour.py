"""How many of six dermoscopic colours a lesion holds, which they are, and how far its colours spread.

Source: C of the ABCD rule (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559). A colour is told by hue,
chroma and lightness (compare Celebi ME, Zornberg A. IEEE Syst J 2014;8:980-984); the limits are assumptions.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "colour"
FEATURES = {
    "colour_count": {
        "unit": "count",
        "range": [0, 6],
        "direction": "up",
        "meaning": "number of the six colours that hold at least a small share of the lesion, softly counted",
    },
    "colour_number": {
        "unit": "count",
        "range": [0, 6],
        "direction": "up",
        "meaning": "effective number of colours: exponential of the entropy of the six colours' shares",
    },
    "rare_share": {
        "unit": "root of fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "root of the share of the lesion that is white, red, blue-grey or black",
    },
    "colour_cells": {
        "unit": "count",
        "range": [1, 200],
        "direction": "up",
        "meaning": "effective number of occupied cells of CIELAB, 10 units wide",
    },
    "colour_spread": {
        "unit": "CIELAB",
        "range": [0, 80],
        "direction": "up",
        "meaning": "root mean squared distance of the lesion's colours from their mean in CIELAB",
    },
    "hue_spread": {
        "unit": "CIELAB",
        "range": [0, 60],
        "direction": "up",
        "meaning": "root mean squared distance of the lesion's a* and b* from their means",
    },
}
MIN_SHARE = 0.04
CELL = 10.0
BLUR = 0.008
RIM = 0.03
BLACK = 0.32
DARK = 0.62
RED_DEG = 14.0
BLUE = 5.0
LIKE_SKIN = 7.0
MIN_PX = 100
HAIR_SIDE = 256
SIDE = 160
SAMPLE = 6000
VARIANTS = {"MIN_SHARE": [0.02, 0.06], "DARK": [0.55, 0.7], "BLACK": [0.26, 0.38], "CELL": [7.0, 14.0]}
NAN = float("nan")


def smooth_lab(image, mask):
    """CIELAB without hairs and grain, and the skin's in the ring; without one, that of a light skin."""
    lab = tk.lab(image)
    lab = cv2.GaussianBlur(lab, (0, 0), max(0.5, BLUR * min(mask.shape)))
    around = lab.reshape(-1, 3)[np.flatnonzero(tk.skin_ring(mask) & ~tk.dark_corners(image))[::5]]
    return lab, np.median(around, axis=0) if len(around) >= MIN_PX // 5 else np.array([72.0, 14.0, 18.0])


def shares(colours, skin):
    """Shares of white, red, light brown, dark brown, blue-grey and black; what looks like skin is none."""
    light, red, yellow = colours.T
    level = light / max(float(skin[0]), 1.0)
    chroma, hue = np.hypot(red, yellow), np.degrees(np.arctan2(yellow, red))
    skin_hue, skin_chroma = np.degrees(np.arctan2(skin[2], skin[1])), np.hypot(skin[1], skin[2])
    bar = min(BLUE, float(skin[2]) - BLUE)
    kind = np.where(level < DARK, 3, 2)
    kind[(hue < min(45.0, skin_hue) - RED_DEG) & (chroma > 20) & (yellow > bar)] = 1
    kind[(yellow < bar) & (red < 18)] = 4
    kind[level < BLACK] = 5
    kind[(level > 1.02) & (chroma < skin_chroma)] = 0
    kind[(((colours - skin) ** 2).sum(axis=1) < LIKE_SKIN**2) & (kind != 0)] = 6
    return np.bincount(kind, minlength=7)[:6] / len(kind)


def effective(share):
    """Exponential of the entropy of shares."""
    share = share[share > 0] / max(share.sum(), 1e-9)
    return float(np.exp(-(share * np.log(share)).sum())) if len(share) else 0.0


def extract(image, mask):
    """Measure variety of colour; NaN for a region too small. Without skin around, lightness is absolute."""
    image, mask = tk.without_hair(tk.reduced(image, HAIR_SIDE)), tk.reduced(mask, HAIR_SIDE)
    image, mask = tk.reduced(image, SIDE), tk.reduced(mask, SIDE)
    inner = tk.signed_distance(mask) > RIM
    if np.count_nonzero(inner) < MIN_PX:
        return {name: NAN for name in FEATURES}
    lab, skin = smooth_lab(image, mask)
    seen = np.flatnonzero(inner)
    colours = lab.reshape(-1, 3)[seen[:: max(1, len(seen) // SAMPLE)]]
    found = shares(colours, skin)
    cells = np.floor(colours / CELL).astype(np.int64) + 50
    counts = np.unique(cells @ np.array([10000, 100, 1]), return_counts=True)[1]
    spread = cv2.meanStdDev(lab, mask=inner.astype(np.uint8))[1].ravel() ** 2
    return {
        "colour_count": float(np.clip(found / MIN_SHARE, 0, 1).sum()),
        "colour_number": effective(found),
        "rare_share": float(np.sqrt(found[[0, 1, 4, 5]].sum())),
        "colour_cells": effective(counts / len(colours)),
        "colour_spread": float(np.sqrt(spread.sum())),
        "hue_spread": float(np.sqrt(spread[1] + spread[2])),
    }
