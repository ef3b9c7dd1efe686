"""Atypical network: its lines are broad.

Sources: atypical pigment network of the 7-point checklist (Argenziano G et al. Arch Dermatol
1998;134:1563-1570); broadened network of the Menzies method (Arch Dermatol 1996;132:1178-1182).
"""

import cv2
import numpy as np

CRITERION = "atypical_network"
FEATURES = {
    "line_breadth": {
        "unit": "ratio",
        "range": [0, 10],
        "direction": "up",
        "meaning": "height of broad dark lines over that of narrow ones, median over the lesion",
    },
}
NARROW_PX = 1.3
BROAD_PX = 3.0
REACH_PX = 6.0
LEAST = 0.002
FLOOR = 0.008
RIM = 0.06
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {"NARROW_PX": [1.1, 1.5], "BROAD_PX": [2.6, 3.4], "REACH_PX": [5.0, 8.0], "RIM": [0.03, 0.1]}
NAN = float("nan")


def density(image, floor):
    """Optical density of each channel of an 8-bit image, log10 of linear light."""
    return (-np.log10((np.arange(256) / 255) ** 2.2 + floor)).astype(np.float32)[image]


def hairless(image, root):
    """Image with long thin dark lines (hairs, ruler ticks) replaced by their surroundings."""
    width = 2 * int(np.ceil(HAIR_PX * max(1.0, np.sqrt(image.shape[0] * image.shape[1]) / 256))) + 1
    red = density(image, 0.01)[:, :, 0]
    thin = red - cv2.morphologyEx(red, cv2.MORPH_OPEN, np.ones((width, width), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats((thin > HAIR_DENSITY).astype(np.uint8))
    long = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) > HAIR_LENGTH * root
    long = long & (np.arange(count) > 0)
    hair = cv2.dilate(long[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not hair.any():
        return image
    return np.where(hair[:, :, None], cv2.medianBlur(image, 2 * width + 1), image)


def lines(grey, sigma):
    """Height of dark lines of one breadth, in optical density."""
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3) / 4
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3) / 4
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3) / 4
    half, bow = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    return (np.clip(bow - half, 0, None) - np.clip(-half - bow, 0, None)) * np.float32(sigma**2)


def extract(image, mask):
    """Measure how atypical the network is; NaN for lesions too small to show one."""
    if mask.sum() < 200:
        return {name: NAN for name in FEATURES}
    unit = max(1.0, np.sqrt(mask.size) / 256)
    rows, columns = np.nonzero(mask)
    top, left = max(0, rows.min() - 12), max(0, columns.min() - 12)
    window = (slice(top, rows.max() + 13), slice(left, columns.max() + 13))
    image, mask = image[window], mask[window]
    clean = hairless(np.ascontiguousarray(image[:, :, :3]), np.sqrt(mask.sum()))
    grey = density(clean[:, :, :2], FLOOR).mean(axis=2)
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    inner = depth > RIM * np.sqrt(mask.sum())
    if inner.sum() < 200:
        return {name: NAN for name in FEATURES}
    narrow = cv2.GaussianBlur(lines(grey, NARROW_PX * unit), (0, 0), REACH_PX * unit)[inner]
    broad = cv2.GaussianBlur(lines(grey, BROAD_PX * unit), (0, 0), REACH_PX * unit)[inner]
    return {"line_breadth": float(np.clip(np.median(broad / (narrow + LEAST)), 0, 10))}
