"""Where the lungs lie on a frontal chest film: two large areas darker than their wider surroundings.

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


def lung_at(labels, stats, centres, shape):
    """Return the label of the largest area on each side of the film that lies where a lung lies."""
    height, width = shape
    sides = [0, 0]
    for number in np.argsort(-stats[1:, cv2.CC_STAT_AREA]) + 1:
        wide, area = stats[number, cv2.CC_STAT_WIDTH], stats[number, cv2.CC_STAT_AREA]
        x, y = centres[number] / (width, height)
        placed = 0.1 < abs(x - 0.5) < 0.42 and 0.25 < y < 0.8 and wide < 0.5 * width
        if placed and area >= SMALLEST * height * width and not sides[int(x > 0.5)]:
            sides[int(x > 0.5)] = int(number)
    return sides


def smoothed(found):
    """Close gaps that ribs and vessels leave, and fill holes."""
    closed = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, disc(0.02 * min(found.shape)))
    borders = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    filled = np.zeros(found.shape, np.uint8)
    cv2.drawContours(filled, borders, -1, 1, -1)
    return filled > 0


def locate(image):
    """Find both lungs; empty where there are no two."""
    nothing = np.zeros(image.shape[:2], bool)
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    if min(grey.shape) < 32 or float(np.ptp(grey)) < 8:
        return nothing, 0.0
    dark, lungs = dark_areas(grey), [nothing, nothing]
    for opening in OPENINGS:  # a lung that joins its neighbours comes free later
        opened = cv2.morphologyEx(dark, cv2.MORPH_OPEN, disc(opening * min(grey.shape)))
        labels, stats, centres = cv2.connectedComponentsWithStats(opened)[1:]
        sides = lung_at(labels, stats, centres, grey.shape)
        lungs = [
            had if had.any() or not one else labels == one for had, one in zip(lungs, sides, strict=True)
        ]
    areas = [float(one.mean()) for one in lungs]
    if min(areas) == 0:
        return nothing, 0.0
    return smoothed(lungs[0] | lungs[1]), float(np.clip(min(areas) / max(areas), 0, 1))
