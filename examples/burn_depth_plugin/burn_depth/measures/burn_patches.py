"""White-yellow patches in the wound bed: pixels yellower than most of the bed.

Source: our own construction; log10(G/B) of linear light rises with yellow, and a difference within the
bed cancels the colour of the lamp.
"""

import cv2
import numpy as np

CRITERION = "patches"
FEATURES = {
    "patch_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the bed whose log10(G/B) lies YELLOWER above its BASE percentile in the bed",
    },
    "yellow_spread": {
        "unit": "log10",
        "range": [0, 2],
        "direction": "up",
        "meaning": "UPPER percentile minus BASE percentile of log10(G/B) over the bed",
    },
}
CORE = 0.06
BASE = 35
UPPER = 92
GLINT = 0.03
YELLOWER = 0.06
MIN_PX = 60
VARIANTS = {
    "CORE": [0.04, 0.06, 0.1],
    "BASE": [25, 35, 45],
    "UPPER": [85, 92, 96],
    "YELLOWER": [0.04, 0.06, 0.09],
}


def linear_light(image):
    """Undo the sRGB curve: 0 is black, 1 is white."""
    scaled = np.arange(256) / 255.0
    table = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    return np.maximum(table[image[..., :3]], 1e-3)


def bed_of(mask):
    """Pixels of the wound away from its border, by a share of the square root of its area."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    return depth > CORE * np.sqrt(float(mask.sum()))


def without_glints(image, mask):
    """Linear light with bright spots narrower than GLINT taken down to what is around them."""
    light = cv2.GaussianBlur(linear_light(image).astype(np.float32), (0, 0), 1.0)
    return cv2.morphologyEx(light, cv2.MORPH_OPEN, disc_of(GLINT, mask))


def disc_of(share, mask):
    """Disc whose radius is a share of the square root of the wound's area."""
    width = 2 * int(np.ceil(share * np.sqrt(float(mask.sum())))) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))


def extract(image, mask):
    """Measure how much of the bed is yellower than the rest of it."""
    bed = bed_of(mask) if mask.any() else mask
    if bed.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = without_glints(image, mask)
    yellow = np.log10(light[..., 1] / light[..., 2])[bed]
    base = np.percentile(yellow, BASE)
    return {
        "patch_share": float(np.mean(yellow > base + YELLOWER)),
        "yellow_spread": float(np.percentile(yellow, UPPER) - base),
    }
