"""Share of a lesion without any structure: areas where density hardly varies at the scale of structures.

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
        "meaning": "share of the lesion whose fine variation of optical density stays under a fixed level",
    },
    "structureless_largest": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "largest connected area without structure over the lesion's area",
    },
    "structure_level": {
        "unit": "log10",
        "range": [0, 0.5],
        "direction": "down",
        "meaning": "median over the lesion of the local standard deviation of fine optical density",
    },
}
FINE_PX = 1.0
COARSE_PX = 3.5
WINDOW_PX = 5.0
SMOOTH_BELOW = 0.022
RIM = 0.08
FLOOR = 0.008
MIN_LESION_PX = 200
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {
    "COARSE_PX": [2.5, 5.0],
    "WINDOW_PX": [3.5, 8.0],
    "SMOOTH_BELOW": [0.012, 0.03],
    "RIM": [0.04, 0.12],
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
    nothing = {"structureless_share": NAN, "structureless_largest": NAN, "structure_level": NAN}
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
    plain = ((level < SMOOTH_BELOW) & inner).astype(np.uint8)
    count, labels = cv2.connectedComponents(plain)
    largest = float(np.bincount(labels[inner], minlength=2)[1:].max()) if count > 1 else 0.0
    return {
        "structureless_share": float(plain.sum() / inner.sum()),
        "structureless_largest": largest / float(inner.sum()),
        "structure_level": float(np.median(level[inner])),
    }
