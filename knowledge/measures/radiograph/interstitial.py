"""Interstitial pattern: fine lines and nodules in both lungs.

The mask is the lungs, drawn or found by a locator. NaN where it is the whole frame or one lung is missing.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "interstitial"
FEATURES = {
    "fine_texture": {
        "unit": "ratio",
        "range": [0, 2],
        "direction": "up",
        "meaning": "fine local variation in the quieter part of both lungs, in units of the film's span",
    },
}
FINE = 0.01
WINDOW = 0.03
QUIET = 35
RIM = 0.03
VARIANTS = {"FINE": [0.007, 0.014], "WINDOW": [0.02, 0.05], "QUIET": [25, 50], "RIM": [0.02, 0.045]}
NAN = float("nan")


def halves(mask):
    """Part the lungs, left one in the film first, by connected areas: a rotated child does not count."""
    labels, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))[1:]
    middle = np.nonzero(mask)[1].mean()
    left = np.isin(labels, [one for one in range(1, len(stats)) if centres[one][0] < middle])
    return left, mask & ~left


def usable(mask):
    """Whether both lungs are known: not the whole frame, and a part on each side."""
    return (
        mask.mean() < 0.9 and mask.sum() > 100 and min(one.sum() for one in halves(mask)) > 0.01 * mask.size
    )


def in_spans(image, mask):
    """Brightness over the lungs' dark end, in units of the film's own span."""
    grey = 255 * tk.grey(image)
    low, high = np.percentile(grey[mask], 10), np.percentile(grey, 90)
    return (grey - low) / max(float(high - low), 8.0)


def extract(image, mask):
    """Measure fine texture; NaN where the two lungs are not known."""
    size = min(mask.shape)
    inner = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5) > RIM * size
    if not usable(mask) or inner.sum() < 50:
        return {name: NAN for name in FEATURES}
    level = in_spans(image, mask)
    fine = cv2.GaussianBlur(level, (0, 0), FINE * size) - cv2.GaussianBlur(level, (0, 0), 2 * FINE * size)
    energy = np.sqrt(np.maximum(cv2.GaussianBlur(fine * fine, (0, 0), WINDOW * size), 0))
    return {"fine_texture": float(min(np.percentile(energy[inner], QUIET), 2.0))}
