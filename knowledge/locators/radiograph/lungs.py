"""Where the lungs lie on a frontal chest film: the hulls of two large areas darker than their surroundings.

The air beside the body is left out; a lung that is white all over is missed, so the answer is then empty.
Source: local thresholds and connected areas for lung fields, van Ginneken B et al., Segmentation of
anatomical structures in chest radiographs, Med Image Anal 2006;10:19-40, doi:10.1016/j.media.2005.02.002.
"""

import cv2
import numpy as np

LOCATOR = "lungs"
WIDE = 0.2
OPENINGS = (0.01, 0.02, 0.035, 0.05)
SMALLEST = 0.02
VARIANTS = {"WIDE": [0.16, 0.25], "SMALLEST": [0.015, 0.03]}


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
    # A lung that joins its neighbours comes free at a later opening, or is cut by the film's edge.
    for opening in OPENINGS:
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
                and area >= SMALLEST * grey.size
                and sides[side] is None
            ):
                sides[side] = hull(np.argwhere(labels == number)[:, ::-1].astype(np.int32), grey.shape)
    return None if sides[0] is None or sides[1] is None else sides


def locate(image):
    """Find both lungs; empty where there are no two."""
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    found = lungs(grey) if float(np.ptp(grey)) >= 8 else None
    if found is None:
        return np.zeros(grey.shape, bool), 0.0
    areas = [float(one.sum()) for one in found]
    return found[0] | found[1], min(areas) / max(areas)
