"""Share of a lesion without any structure: areas that vary far less than the rest does.

Source: structureless areas of the ABCD rule's D count when they pass a tenth of the lesion
(Nachbar F et al. J Am Acad Dermatol 1994;30:551-559).
"""

import cv2
import numpy as np

CRITERION = "structureless"
FEATURES = {
    "structureless_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion whose fine variation stays under a part of its upper decile",
    },
}
FINE_PX = 1.0
COARSE_PX = 2.6
WINDOW_PX = 5.0
SMOOTH_BELOW = 0.4
LEAST_LEVEL = 0.008
RIM = 0.1
FLOOR = 0.008
MIN_LESION_PX = 200
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {
    "COARSE_PX": [2.2, 3.5],
    "WINDOW_PX": [4.0, 6.5],
    "SMOOTH_BELOW": [0.3, 0.5],
    "LEAST_LEVEL": [0.005, 0.012],
    "RIM": [0.06, 0.14],
    "FLOOR": [0.005, 0.02],
}
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


def extract(image, mask):
    """Measure structureless areas; NaN for lesions that are too small."""
    nothing = {"structureless_share": NAN}
    if mask.sum() < MIN_LESION_PX:
        return nothing
    unit = max(1.0, np.sqrt(mask.size) / 256)
    rows, columns = np.nonzero(mask)
    top, left = max(0, rows.min() - 16), max(0, columns.min() - 16)
    window = (slice(top, rows.max() + 17), slice(left, columns.max() + 17))
    image, mask = image[window], mask[window]
    clean = hairless(np.ascontiguousarray(image[:, :, :3]), np.sqrt(mask.sum()))
    grey = density(clean[:, :, :2], FLOOR).mean(axis=2)
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    inner = depth > RIM * np.sqrt(mask.sum())
    if inner.sum() < MIN_LESION_PX:
        return nothing
    fine = cv2.GaussianBlur(grey, (0, 0), FINE_PX * unit) - cv2.GaussianBlur(grey, (0, 0), COARSE_PX * unit)
    level = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), WINDOW_PX * unit))
    high = np.percentile(level[inner], 90)
    plain = level[inner] < SMOOTH_BELOW * max(high, LEAST_LEVEL)
    return {
        "structureless_share": float(plain.mean()),
    }
