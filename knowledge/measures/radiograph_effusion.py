"""Effusion: one costophrenic angle filled, so one lung ends higher than the other.

The lungs are found as the two large dark areas inside the body; a lung that is white all over is missed.
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
DARK = 0.62
LOWEST = 98
VARIANTS = {"DARK": [0.55, 0.7], "LOWEST": [96, 99]}
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
    """Measure a filled angle; NaN where no two lungs are found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = lungs(grey)
    if found is None:
        return {name: NAN for name in FEATURES}
    ends, heights = [], []
    for side, lung in enumerate(found):
        rows, columns = np.nonzero(lung)
        across = (columns - columns.min()) / (np.ptp(columns) + 1)
        outer = across > 0.5 if side else across < 0.5
        ends.append(np.percentile(rows[outer], LOWEST))
        heights.append(np.ptp(rows) + 1)
    return {"base_difference": float(min(abs(ends[0] - ends[1]) / max(heights), 1.0))}
