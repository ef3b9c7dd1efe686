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
MIN_PX = 200
VARIANTS = {"NARROW": [0.0045, 0.007], "BROAD": [0.01, 0.015], "REACH": [0.02, 0.035], "RIM": [0.03, 0.1]}
NAN = float("nan")


def lines(dense, sigma):
    """Height of dark lines of one breadth above their spots, in optical density."""
    smooth = cv2.GaussianBlur(dense, (0, 0), sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3) / 4
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3) / 4
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3) / 4
    half, bow = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    return (np.clip(bow - half, 0, None) - np.clip(-half - bow, 0, None)) * np.float32(sigma**2)


def extract(image, mask):
    """Measure how atypical the network is; NaN for a region too small to show one."""
    inner = tk.signed_distance(mask) > RIM
    if inner.sum() < MIN_PX:
        return {name: NAN for name in FEATURES}
    side = min(mask.shape)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[max(0, rows[0] - 8) : rows[-1] + 9, max(0, columns[0] - 8) : columns[-1] + 9]
    inner, clean = inner[box], np.ascontiguousarray(tk.without_hair(image)[box])
    dense = cv2.transform(tk.optical_density(clean, FLOOR), np.array([[0.5, 0.5, 0.0]]))
    reach = max(REACH_PX, REACH * side)
    narrow = cv2.GaussianBlur(lines(dense, max(NARROW_PX, NARROW * side)), (0, 0), reach)[inner]
    broad = cv2.GaussianBlur(lines(dense, max(BROAD_PX, BROAD * side)), (0, 0), reach)[inner]
    return {
        "line_breadth": float(np.clip(np.median(broad / (narrow + LEAST)), 0, 10)),
        "broad_lines": float(np.clip(np.percentile(broad[::3], 90), 0, 0.3)),
    }
