"""Shape of the mass: how far its outline is from an ellipse.

NaN without an outline: the mask is then the whole frame. Teeth below 6 % of the outline's size are smoothed
away first, so that the size of a pixel and the hand that drew do not count.
Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013).
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = 'shape'
FEATURES = {
    "ellipse_misfit": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the mass that does not overlap the ellipse of its moments",
    },
    "hull_gap": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the convex hull that the mass does not fill",
    },
    "outline_waves": {
        "unit": "ratio",
        "range": [0, 2],
        "direction": "up",
        "meaning": "waves of 3 to 8 a turn in the distance from centre to outline, over its mean",
    },
}
SIDE = 128
SMOOTH = 0.06
WAVES_TO = 8
NAN = float("nan")


def cut_out(mask):
    """Cut out the smoothed mass, its longer side `SIDE` pixels: one grid for small and large masses."""
    rows, columns = np.nonzero(mask)
    part = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32)
    scale = SIDE / max(part.shape)
    size = [max(4, round(side * scale)) for side in part.shape[::-1]]
    large = cv2.copyMakeBorder(cv2.resize(part, size), 16, 16, 16, 16, cv2.BORDER_CONSTANT)
    blurred = cv2.GaussianBlur(large, (0, 0), SMOOTH * np.sqrt(large.sum()))
    return tk.largest(blurred > 0.5)


def extract(image, mask):
    """Measure shape; NaN without an outline."""
    if mask.mean() > 0.9 or mask.sum() < 16:
        return {name: NAN for name in FEATURES}
    mass = cut_out(mask)
    rows, columns = np.nonzero(mass)
    if len(rows) < 64:
        return {name: NAN for name in FEATURES}
    points = np.stack([columns, rows])
    middle = points.mean(axis=1)
    away = np.indices(mass.shape)[::-1].reshape(2, -1) - middle[:, None]
    inverse = np.linalg.inv(np.cov(points) + 0.1 * np.eye(2))
    ellipse = ((away * (inverse @ away)).sum(axis=0) < 4).reshape(mass.shape)
    overlap = (ellipse & mass).sum() / (ellipse | mass).sum()
    waves = np.abs(np.fft.rfft(tk.radial_profile(mass)))
    return {
        "ellipse_misfit": float(1 - overlap),
        "hull_gap": float(np.clip(1 - tk.contour(mass)["solidity"], 0, 1)),
        "outline_waves": float(min(2 * np.sqrt((waves[3 : WAVES_TO + 1] ** 2).sum()) / waves[0], 2)),
    }
