"""Hyperinflation: lungs long against the width of the chest.

The lungs are found as the two large areas darker than their wider surroundings; a lung that is white all
over is missed.
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
}
WIDE = 0.2
OPENINGS = (0.01, 0.02, 0.035, 0.05)
ENDS = 2
VARIANTS = {"WIDE": [0.16, 0.25], "ENDS": [1, 4]}
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
    """Measure inflation; NaN where no two lungs are found."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = lungs(grey)
    if found is None:
        return {name: NAN for name in FEATURES}
    both = found[0] | found[1]
    rows, columns = np.nonzero(both)
    tall = np.percentile(rows, 100 - ENDS) - np.percentile(rows, ENDS)
    wide = max(float(np.percentile(columns, 100 - ENDS) - np.percentile(columns, ENDS)), 1.0)
    return {"lung_length": float(min(tall / wide, 6.0))}
