"""Spicules: lines that leave the mass, so brightness varies fast along a path around it.

NaN without an outline: the mask is then the whole frame.
Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013); gradient against the radius as
in Huo Z et al., Med Phys 1995;22:1569-1579.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = 'spiculation'
FEATURES = {
    "spicule_depth": {
        "unit": "share of median",
        "range": [0, 3],
        "direction": "up",
        "meaning": "variation of brightness of 6 to 16 waves a turn, just outside the margin",
    },
    "radial_lines": {
        "unit": "log ratio",
        "range": [-5, 5],
        "direction": "up",
        "meaning": "energy of brightness changes around the mass over changes away from it, in a ring",
    },
}
NEAR = 0.04
FAR = 0.3
SMOOTH = 0.03
WAVES_FROM = 6
WAVES_TO = 16
NAN = float("nan")


def levels(image):
    """Give brightness over the frame's median; displays are log-compressed, so differences are ratios."""
    grey = tk.grey(image)
    return grey / max(float(np.median(grey)), 0.02)


def extract(image, mask):
    """Measure spicules; NaN without an outline."""
    if mask.mean() > 0.9 or mask.sum() < 36:
        return {name: NAN for name in FEATURES}
    level = levels(image)
    away = -tk.signed_distance(mask)
    ring = (away > NEAR) & (away < FAR)
    rows, columns = np.nonzero(mask)
    y, x = np.indices(mask.shape, dtype=np.float32)
    y, x = y - rows.mean(), x - columns.mean()
    sector = np.minimum(((np.arctan2(y, x) / (2 * np.pi) + 0.5) * 64).astype(int), 63)[ring]
    count = np.bincount(sector, minlength=64)
    if count.min() == 0:
        return {name: NAN for name in FEATURES}
    around = np.bincount(sector, weights=level[ring], minlength=64) / count
    power = np.abs(np.fft.rfft(around - around.mean())) ** 2
    smooth = cv2.GaussianBlur(level, (0, 0), max(0.5, SMOOTH * np.sqrt(mask.sum())))
    down, right = np.gradient(smooth)
    radius = np.maximum(np.hypot(x, y), 1)
    outward, across = (right * x + down * y) / radius, (down * x - right * y) / radius
    lines = np.log((across[ring] ** 2).mean() + 1e-9) - np.log((outward[ring] ** 2).mean() + 1e-9)
    return {
        "spicule_depth": float(min(np.sqrt(2 * power[WAVES_FROM : WAVES_TO + 1].sum()) / 64, 3)),
        "radial_lines": float(np.clip(lines, -5, 5)),
    }
