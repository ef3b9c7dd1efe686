"""Hyperinflation: lungs long and large against the width of the chest.

The mask is the lungs, drawn or found by a locator. NaN where it is the whole frame or one lung is missing.
"""

import cv2
import numpy as np

CRITERION = "hyperinflation"
FEATURES = {
    "lung_length": {
        "unit": "ratio",
        "range": [0, 6],
        "direction": "up",
        "meaning": "height of the lungs over the width of the chest they span",
    },
    "lung_area": {
        "unit": "ratio",
        "range": [0, 6],
        "direction": "up",
        "meaning": "area of the lungs over the squared width of the chest they span",
    },
}
ENDS = 2
VARIANTS = {"ENDS": [1, 4]}
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


def extract(image, mask):
    """Measure inflation; NaN where the two lungs are not known."""
    if not usable(mask):
        return {name: NAN for name in FEATURES}
    rows, columns = np.nonzero(mask)
    tall = np.percentile(rows, 100 - ENDS) - np.percentile(rows, ENDS)
    wide = max(float(np.percentile(columns, 100 - ENDS) - np.percentile(columns, ENDS)), 1.0)
    return {"lung_length": float(min(tall / wide, 6.0)), "lung_area": float(min(mask.sum() / wide**2, 6.0))}
