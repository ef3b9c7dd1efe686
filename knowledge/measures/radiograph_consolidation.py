"""Consolidation: one dense patch in one lung.

The lungs are found as the two large dark areas inside the body; a lung that is white all over is missed.
"""

import cv2
import numpy as np

CRITERION = "consolidation"
FEATURES = {
    "focal_opacity": {
        "unit": "ratio",
        "range": [-1, 3],
        "direction": "up",
        "meaning": "brightest smooth spot of either lung over the lungs' median, in units of the film's span",
    },
    "side_difference": {
        "unit": "ratio",
        "range": [0, 3],
        "direction": "up",
        "meaning": "difference of the lungs' mean brightness, in units of the film's span",
    },
}
DARK = 0.62
BLUR = 0.04
RIM = 0.03
VARIANTS = {"DARK": [0.55, 0.7], "BLUR": [0.03, 0.06], "RIM": [0.02, 0.045]}
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
    """Measure a focal opacity; NaN where no two lungs are found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = lungs(grey)
    if found is None:
        return {name: NAN for name in FEATURES}
    size = min(grey.shape)
    both = found[0] | found[1]
    low, high = np.percentile(grey[both], 10), np.percentile(grey, 90)
    span = max(float(high - low), 8.0)
    smooth = cv2.GaussianBlur(grey, (0, 0), BLUR * size)
    inner = cv2.distanceTransform(both.astype(np.uint8), cv2.DIST_L2, 5) > RIM * size
    if inner.sum() < 50:
        return {name: NAN for name in FEATURES}
    focal = (np.percentile(smooth[inner], 97) - np.median(smooth[inner])) / span
    apart = abs(grey[found[0]].mean() - grey[found[1]].mean()) / span
    return {"focal_opacity": float(np.clip(focal, -1, 3)), "side_difference": float(min(apart, 3.0))}
