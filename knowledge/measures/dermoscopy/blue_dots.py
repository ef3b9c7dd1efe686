"""Blue-grey dots (peppering): small round spots that are bluer than what surrounds them.

Source: multiple blue-grey dots of the Menzies method (Menzies SW et al. Arch Dermatol 1996;132:1178-1182).
MELANIN_RATIO, melanin's red over blue absorbance, is an assumption: it keeps brown dots out.
"""

import cv2
import numpy as np

CRITERION = "blue_dots"
FEATURES = {
    "blue_dot_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the lesion covered by small round spots of blueness, softly counted",
    },
    "blue_dot_strength": {
        "unit": "log10",
        "range": [0, 0.5],
        "direction": "up",
        "meaning": "mean height of small round spots of blueness inside the lesion",
    },
}
MELANIN_RATIO = 0.45
SPOT_PX = 1.4
ROUNDNESS = 0.3
STANDS_OUT = 0.03
LEAST = 0.006
FLOOR = 0.008
RIM = 0.05
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {
    "MELANIN_RATIO": [0.36, 0.6],
    "SPOT_PX": [1.1, 1.8],
    "ROUNDNESS": [0.2, 0.45],
    "STANDS_OUT": [0.02, 0.05],
    "LEAST": [0.003, 0.01],
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


def spots(field, sigma):
    """Curvature of bright spots that is nearly the same in all directions, else 0."""
    smooth = cv2.GaussianBlur(field, (0, 0), sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3) / 4
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3) / 4
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3) / 4
    half, bow = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    weak, strong = np.clip(-(half + bow), 0, None), np.clip(-(half - bow), 0, None)
    return np.where(weak > ROUNDNESS * strong, weak, 0).astype(np.float32) * np.float32(sigma**2)


def extract(image, mask):
    """Measure blue-grey dots; NaN for lesions too small to show any."""
    if mask.sum() < 200:
        return {name: NAN for name in FEATURES}
    unit = max(1.0, np.sqrt(mask.size) / 256)
    rows, columns = np.nonzero(mask)
    top, left = max(0, rows.min() - 12), max(0, columns.min() - 12)
    window = (slice(top, rows.max() + 13), slice(left, columns.max() + 13))
    image, mask = image[window], mask[window]
    dense = density(hairless(np.ascontiguousarray(image[:, :, :3]), np.sqrt(mask.sum())), FLOOR)
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    inner = depth > RIM * np.sqrt(mask.sum())
    if inner.sum() < 200:
        return {name: NAN for name in FEATURES}
    blue = np.clip(spots(dense[:, :, 0] - MELANIN_RATIO * dense[:, :, 2], SPOT_PX * unit) - LEAST, 0, None)[
        inner
    ]
    return {
        "blue_dot_share": float(np.clip(blue / STANDS_OUT, 0, 1).mean()),
        "blue_dot_strength": float(blue.mean()),
    }
