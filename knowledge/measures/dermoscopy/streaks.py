"""Radial lines at the margin: how much of the rim's line work points outward, and around how much of it.

Sources: branched streaks of the ABCD rule's D (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559);
orientation of lines in the rim (Sadeghi M et al. IEEE Trans Med Imaging 2013;32:849-861).
"""

import cv2
import numpy as np

CRITERION = "streaks"
FEATURES = {
    "streak_energy": {
        "unit": "log10",
        "range": [-0.2, 0.5],
        "direction": "up",
        "meaning": "mean line height in the rim, radial lines counted plus and tangential ones minus",
    },
    "streak_radiality": {
        "unit": "ratio",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "streak_energy over the rim's mean line height: 1 all lines radial, -1 all tangential",
    },
    "streak_coverage": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the rim's sectors with radial line work, each counted up to a fixed density",
    },
}
LINE_PX = 1.3
RIM_FROM = 0.02
RIM_TO = 0.16
SECTORS = 36
STANDS_OUT = 0.02
FLOOR = 0.008
MIN_RIM_PX = 200
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {
    "LINE_PX": [1.0, 1.8],
    "RIM_FROM": [0.0, 0.04],
    "RIM_TO": [0.12, 0.2],
    "SECTORS": [24, 48],
    "STANDS_OUT": [0.012, 0.03],
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


def crop(image, mask):
    """Cut the lesion out with a small margin."""
    rows, columns = np.nonzero(mask)
    top, left = max(0, rows.min() - 12), max(0, columns.min() - 12)
    window = (slice(top, rows.max() + 13), slice(left, columns.max() + 13))
    return image[window], mask[window]


def outward(mask, sigma):
    """Cosine and sine of twice the direction in which the mask's distance falls."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    smooth = cv2.GaussianBlur(depth, (0, 0), sigma)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)
    return depth, (dx * dx - dy * dy) / (dx * dx + dy * dy + 1e-9), 2 * dx * dy / (dx * dx + dy * dy + 1e-9)


def extract(image, mask):
    """Measure streaks in the rim of the lesion; NaN where the rim is too thin."""
    nothing = {"streak_energy": NAN, "streak_radiality": NAN, "streak_coverage": NAN}
    if not mask.any():
        return nothing
    unit = max(1.0, np.sqrt(mask.size) / 256)
    image, mask = crop(image, mask)
    clean = hairless(np.ascontiguousarray(image[:, :, :3]), np.sqrt(mask.sum()))
    grey = density(clean[:, :, :2], FLOOR).mean(axis=2)
    root = np.sqrt(mask.sum())
    depth, cos2, sin2 = outward(mask, max(1.0, 0.03 * root))
    rim = (depth > RIM_FROM * root) & (depth <= RIM_TO * root)
    if rim.sum() < MIN_RIM_PX:
        return nothing
    sigma = LINE_PX * unit
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3) / 4
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3) / 4
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3) / 4
    bow = np.sqrt(((xx - yy) / 2) ** 2 + xy**2) + 1e-9
    height = np.clip(bow - (xx + yy) / 2, 0, None) * sigma**2
    # A line along x bends density along y only, so (xx - yy, 2 xy) turns with twice the line's angle.
    agree = ((xx - yy) / 2 * cos2 + xy * sin2) / bow
    radial = (height * agree)[rim]
    y, x = np.nonzero(rim)
    turn = np.arctan2(y - y.mean(), x - x.mean()) / (2 * np.pi) + 0.5
    sector = np.minimum((turn * SECTORS).astype(int), SECTORS - 1)
    total = np.bincount(sector, weights=radial, minlength=SECTORS)
    mean = total / np.maximum(np.bincount(sector, minlength=SECTORS), 1)
    return {
        "streak_energy": float(radial.mean()),
        "streak_radiality": float(radial.sum() / (height[rim].sum() + 1e-6)),
        "streak_coverage": float(np.clip(mean / STANDS_OUT, 0, 1).mean()),
    }
