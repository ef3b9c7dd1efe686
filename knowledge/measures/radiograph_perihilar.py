"""Perihilar bands: the inner part of both lungs brighter than the outer part.

The lungs are found as the two large dark areas inside the body; a lung that is white all over is missed.
"""

import cv2
import numpy as np

CRITERION = "perihilar"
FEATURES = {
    "hilar_excess": {
        "unit": "ratio",
        "range": [-2, 2],
        "direction": "up",
        "meaning": "brightness of the inner over the outer third at middle height, over the film's span",
    },
}
DARK = 0.62
INNER = 0.4
FROM = 0.25
TO = 0.65
VARIANTS = {"DARK": [0.55, 0.7], "INNER": [0.3, 0.5], "FROM": [0.2, 0.3], "TO": [0.55, 0.75]}
NAN = float("nan")


def lungs(grey):
    """Hulls of the two largest dark areas inside the body, left one first; None if there are no two."""
    size = min(grey.shape)
    if size < 32:
        return None
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.015 * size)
    middle = smooth[int(0.2 * size) : int(0.8 * size), int(0.1 * size) : int(0.9 * size)]
    level = np.percentile(middle, 5) + DARK * (np.percentile(middle, 90) - np.percentile(middle, 5))
    labels, stats, centres = cv2.connectedComponentsWithStats((smooth < level).astype(np.uint8))[1:]
    sides = [None, None]
    for number in np.argsort(-stats[:, cv2.CC_STAT_AREA]):
        left, top, wide, tall, area = stats[number]
        touches = left == 0 or top == 0 or left + wide >= grey.shape[1] or top + tall >= grey.shape[0]
        side = int(centres[number][0] > grey.shape[1] / 2)
        if number == 0 or touches or area < 0.008 * grey.size or sides[side] is not None:
            continue
        points = np.argwhere(labels == number)[:, ::-1].astype(np.int32)
        hull = np.zeros(grey.shape, np.uint8)
        cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
        sides[side] = hull > 0
    return sides if sides[0] is not None and sides[1] is not None else None


def extract(image, mask):
    """Measure perihilar opacity; NaN where no two lungs are found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = lungs(grey)
    if found is None:
        return {name: NAN for name in FEATURES}
    both = found[0] | found[1]
    low, high = np.percentile(grey[both], 10), np.percentile(grey, 90)
    span = max(float(high - low), 8.0)
    excess = []
    for side, lung in enumerate(found):
        rows, columns = np.nonzero(lung)
        tall, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
        height, across = (rows - rows.min()) / tall, (columns - columns.min()) / wide
        across = across if side else 1 - across
        level = (height > FROM) & (height < TO)
        near, far = level & (across < INNER), level & (across > 1 - INNER)
        if near.sum() < 10 or far.sum() < 10:
            return {name: NAN for name in FEATURES}
        excess.append(np.median(grey[rows[near], columns[near]]) - np.median(grey[rows[far], columns[far]]))
    return {"hilar_excess": float(np.clip(np.mean(excess) / span, -2, 2))}
