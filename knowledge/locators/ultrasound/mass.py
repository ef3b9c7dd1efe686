"""Where a mass lies on a breast ultrasound frame: darker than usual at its depth, with an edge.

Brightness is divided by what is usual at that depth, so that attenuated tissue below is no candidate; among
the dark areas at several grey levels the one whose border rises most is taken.

Source: dark regions among candidates chosen by their border, as in Drukker K et al., Computerized lesion
detection on breast ultrasound, Med Phys 2002;29:1438-1446, doi:10.1118/1.1485995.
"""

import cv2
import numpy as np

LOCATOR = "mass"
SMOOTH = 0.02
LEVELS = (0.5, 0.6, 0.7, 0.8)
SMALLEST = 0.004
LARGEST = 0.35
RIM = 0.03
VARIANTS = {"SMOOTH": [0.015, 0.03], "SMALLEST": [0.002, 0.008], "LARGEST": [0.25, 0.45], "RIM": [0.02, 0.05]}


def usual(smooth):
    """Return the usual brightness at each depth, smoothed down the frame."""
    rows = np.median(smooth, axis=1).astype(np.float32)[:, None]
    deep = cv2.GaussianBlur(rows, (1, 0), sigmaX=1, sigmaY=0.08 * smooth.shape[0])
    return np.maximum(deep, 4.0)


def rise(relative, inside, width):
    """Return how much brighter it is just outside a region than just inside it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width + 1, 2 * width + 1))
    solid = inside.astype(np.uint8)
    out = (cv2.dilate(solid, kernel) > 0) & ~inside
    rim = inside & (cv2.erode(solid, kernel) == 0)
    return float(np.median(relative[out]) - np.median(relative[rim])) if out.any() and rim.any() else 0.0


def candidates(relative):
    """Yield solid dark areas of a plausible size that do not touch the sides of the frame."""
    height, width = relative.shape
    for level in LEVELS:
        labels, stats = cv2.connectedComponentsWithStats((relative < level).astype(np.uint8))[1:3]
        for number in range(1, len(stats)):
            left, top, wide, tall, area = stats[number]
            inner = left > 0 and left + wide < width and top > 0 and top + tall < height
            if inner and SMALLEST <= area / relative.size <= LARGEST:
                yield labels == number


def solid(region):
    """Fill holes and smooth the outline."""
    size = max(3, int(0.02 * min(region.shape)) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    opened = cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    borders = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    if not borders:
        return region
    filled = np.zeros(region.shape, np.uint8)
    cv2.drawContours(filled, [max(borders, key=cv2.contourArea)], -1, 1, -1)
    return filled > 0


def locate(image):
    """Find the mass; empty where no dark area has an edge."""
    nothing = np.zeros(image.shape[:2], bool)
    grey = image[:, :, :3].astype(np.float32).mean(axis=2)
    if min(grey.shape) < 32:
        return nothing, 0.0
    smooth = cv2.GaussianBlur(grey, (0, 0), SMOOTH * min(grey.shape))
    relative = smooth / usual(smooth)
    width = max(1, int(RIM * min(grey.shape)))
    best, found = 0.08, None
    for region in candidates(relative):
        score = rise(relative, region, width) * float(np.sqrt(min(1.0, region.mean() / 0.03)))
        if score > best:
            best, found = score, region
    if found is None:
        return nothing, 0.0
    return solid(found), float(np.clip(best / 0.5, 0, 1))
