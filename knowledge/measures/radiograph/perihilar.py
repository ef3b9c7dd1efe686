"""Perihilar bands: the inner part of both lungs brighter than the outer part.

The mask is the lungs, drawn or found by a locator. NaN where it is the whole frame or one lung is missing.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "perihilar"
FEATURES = {
    "hilar_excess": {
        "unit": "ratio",
        "range": [-2, 2],
        "direction": "up",
        "meaning": "brightness of the inner over the outer third at middle height, over the film's span",
    },
}
INNER = 0.4
FROM = 0.25
TO = 0.65
VARIANTS = {"INNER": [0.3, 0.5], "FROM": [0.2, 0.3], "TO": [0.55, 0.75]}
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
    """Measure perihilar opacity; NaN where the two lungs are not known."""
    if not usable(mask):
        return {name: NAN for name in FEATURES}
    level, excess = in_spans(image, mask), []
    for side, lung in enumerate(halves(mask)):
        rows, columns = np.nonzero(lung)
        height = (rows - rows.min()) / (np.ptp(rows) + 1)
        across = (columns - columns.min()) / (np.ptp(columns) + 1)
        across, middle = across if side else 1 - across, (height > FROM) & (height < TO)
        near, far = middle & (across < INNER), middle & (across > 1 - INNER)
        if min(near.sum(), far.sum()) < 10:
            return {name: NAN for name in FEATURES}
        excess.append(np.median(level[rows[near], columns[near]]) - np.median(level[rows[far], columns[far]]))
    return {"hilar_excess": float(np.clip(np.mean(excess), -2, 2))}
