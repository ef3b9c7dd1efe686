"""Consolidation: one dense patch in one lung.

The lungs are found as the two large areas darker than their wider surroundings; a lung that is white all
over is missed.
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
WIDE = 0.2
OPENINGS = (0.01, 0.02, 0.035, 0.05)
BLUR = 0.04
RIM = 0.03
VARIANTS = {"WIDE": [0.16, 0.25], "BLUR": [0.03, 0.06], "RIM": [0.02, 0.045]}
NAN = float("nan")


def hull(points, shape):
    """Fill the convex hull of points."""
    return cv2.fillConvexPoly(np.zeros(shape, np.uint8), cv2.convexHull(points), 1) > 0


def disc(radius):
    """Return a round structuring element."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, int(radius)) + 1,) * 2)


def dark_areas(grey):
    """Find what is darker than its wider surroundings, without the air beside the body."""
    size = min(grey.shape)
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.015 * size)
    faint = (smooth < 0.45 * np.percentile(smooth, 75)).astype(np.uint8)
    labels, stats = cv2.connectedComponentsWithStats(faint)[1:3]
    lefts, rights = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_LEFT] + stats[:, cv2.CC_STAT_WIDTH]
    aside = (lefts == 0) | (rights >= grey.shape[1])
    aside[0] = False
    inside = 1 - cv2.dilate(aside[labels].astype(np.uint8), disc(0.02 * size))
    weight = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), WIDE * size)
    around = cv2.GaussianBlur(smooth * inside, (0, 0), WIDE * size) / np.maximum(weight, 0.05)
    return inside * (smooth < around).astype(np.uint8)


def lungs(grey):
    """Hulls of the two lungs, left one in the film first; None if there are no two."""
    height, width = grey.shape
    if min(grey.shape) < 32:
        return None
    dark, sides = dark_areas(grey), [None, None]
    for (
        opening
    ) in OPENINGS:  # a lung that joins its neighbours comes free later, or is cut by the film's edge
        opened = cv2.morphologyEx(dark, cv2.MORPH_OPEN, disc(opening * min(grey.shape)))
        labels, stats, centres = cv2.connectedComponentsWithStats(opened)[1:]
        for number in np.argsort(-stats[1:, cv2.CC_STAT_AREA]) + 1:
            left, top, wide, tall, area = stats[number]
            x, y = centres[number] / (width, height)
            side = int(x > 0.5)
            whole = left > 0 and top > 0 and left + wide < width and top + tall < height
            placed = 0.1 < abs(x - 0.5) < 0.42 and 0.25 < y < 0.8 and wide < 0.5 * width
            if (
                placed
                and (whole or opening == OPENINGS[-1])
                and area >= 0.02 * grey.size
                and sides[side] is None
            ):
                sides[side] = hull(np.argwhere(labels == number)[:, ::-1].astype(np.int32), grey.shape)
    return None if sides[0] is None or sides[1] is None else sides


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
