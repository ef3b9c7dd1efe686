"""Number, share and prominence of dots and globules: round dark spots of a few pixels.

Sources: dots and globules of the ABCD rule's D (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559);
spots found as extrema of the scale-space curvature (Lindeberg T. Int J Comput Vis 1998;30:79-116).
"""

import cv2
import numpy as np

CRITERION = "globules"
FEATURES = {
    "globule_count": {
        "unit": "count",
        "range": [0, 400],
        "direction": "up",
        "meaning": "number of round dark spots inside the lesion that stand out by a fixed optical density",
    },
    "globule_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion covered by round dark spots",
    },
    "globule_strength": {
        "unit": "ratio",
        "range": [0, 1],
        "direction": "up",
        "meaning": "height of round dark spots over the local density above skin, mean over the lesion",
    },
}
SPOT_PX = 1.8
SCALES = [1.0, 1.5]
STANDS_OUT = 0.05
ROUNDNESS = 0.45
RIM = 0.04
FLOOR = 0.008
MIN_LESION_PX = 200
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {
    "SPOT_PX": [1.4, 2.3],
    "SCALES": [[1.0], [1.0, 1.5, 2.2]],
    "STANDS_OUT": [0.035, 0.075],
    "ROUNDNESS": [0.35, 0.6],
    "RIM": [0.02, 0.08],
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


def spots(grey, sigma):
    """Dark curvature where it is nearly the same in all directions, else 0; in optical density."""
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3) / 4
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3) / 4
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3) / 4
    half, bow = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    weak, strong = np.clip(-(half + bow), 0, None), np.clip(-(half - bow), 0, None)
    return np.where(weak > ROUNDNESS * strong, weak, 0).astype(np.float32) * np.float32(sigma**2)


def extract(image, mask):
    """Measure dots and globules; NaN for lesions too small to show any."""
    nothing = {"globule_count": NAN, "globule_share": NAN, "globule_strength": NAN}
    if mask.sum() < MIN_LESION_PX:
        return nothing
    unit = max(1.0, np.sqrt(mask.size) / 256)
    image, mask = crop(image, mask)
    clean = hairless(np.ascontiguousarray(image[:, :, :3]), np.sqrt(mask.sum()))
    grey = density(clean[:, :, :2], FLOOR).mean(axis=2)
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    inner = depth > RIM * np.sqrt(mask.sum())
    if inner.sum() < MIN_LESION_PX:
        return nothing
    round_ones = np.zeros_like(grey)
    for scale in SCALES:
        round_ones = np.maximum(round_ones, spots(grey, SPOT_PX * unit * scale))
    size = 2 * int(np.ceil(SPOT_PX * unit)) + 1
    peak = (round_ones == cv2.dilate(round_ones, np.ones((size, size), np.uint8))) & (round_ones > STANDS_OUT)
    tall = np.where(round_ones > STANDS_OUT, round_ones, 0)
    skin = np.median(grey[~mask]) if (~mask).any() else grey.min()
    pigment = np.maximum(cv2.GaussianBlur(grey, (0, 0), 4 * SPOT_PX * unit) - skin, 0.1)
    return {
        "globule_count": float((peak & inner).sum()),
        "globule_share": float((round_ones[inner] > STANDS_OUT).mean()),
        "globule_strength": float((tall / pigment)[inner].mean()),
    }
