"""Effusion: one costophrenic angle filled, so one lung ends higher than the other.

The mask is the lungs, drawn or found by a locator. NaN where it is the whole frame or one lung is missing.
"""

import cv2
import numpy as np

CRITERION = "effusion"
FEATURES = {
    "base_difference": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "difference of the lungs' lowest points over the taller lung's height",
    },
}
LOWEST = 98
VARIANTS = {"LOWEST": [96, 99]}
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
    """Measure a filled angle; NaN where the two lungs are not known."""
    if not usable(mask):
        return {name: NAN for name in FEATURES}
    ends, heights = [], []
    for side, lung in enumerate(halves(mask)):
        rows, columns = np.nonzero(lung)
        across = (columns - columns.min()) / (np.ptp(columns) + 1)
        ends.append(np.percentile(rows[across > 0.5 if side else across < 0.5], LOWEST))
        heights.append(np.ptp(rows) + 1)
    return {"base_difference": float(min(abs(ends[0] - ends[1]) / max(heights), 1.0))}
