"""How little blood colours the wound bed, read inside the bed alone.

Source: haemoglobin darkens green more than red, the erythema index log10(R/G) of linear light (Yamamoto T et
al. Skin Res Technol 2008;14:26-34, doi:10.1111/j.1600-0846.2007.00256.x). Skin around a burn is no good
reference, for its melanin is lost from the bed; adding log10(B/G) instead cancels a warmer or colder lamp,
which raises red by what it takes from blue.
"""

import cv2
import numpy as np

CRITERION = "pallor"
FEATURES = {
    "green_dip": {
        "unit": "log10",
        "range": [-0.8, 1.5],
        "direction": "down",
        "meaning": "log10(R B / G^2) of linear light, STATISTIC percentile over the wound bed",
    },
    "pale_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the wound bed whose log10(R B / G^2) lies below PALE_BELOW",
    },
}
CORE = 0.04
STATISTIC = 60
PALE_BELOW = 0.05
MIN_PX = 60
VARIANTS = {"CORE": [0.0, 0.04, 0.08], "STATISTIC": [50, 60, 70], "PALE_BELOW": [0.02, 0.05, 0.08]}


def linear_light(image):
    """Undo the sRGB curve: 0 is black, 1 is white."""
    scaled = np.arange(256) / 255.0
    table = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    return np.maximum(table[image[..., :3]], 1e-3)


def bed_of(mask):
    """Pixels of the wound away from its border, by a share of the square root of its area."""
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    return depth > CORE * np.sqrt(float(mask.sum()))


def extract(image, mask):
    """Measure how strongly blood absorbs green in the bed."""
    bed = bed_of(mask) if mask.any() else mask
    if bed.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    logs = cv2.GaussianBlur(np.log10(linear_light(image)), (0, 0), 1.0)
    dip = (logs[..., 0] + logs[..., 2] - 2 * logs[..., 1])[bed]
    return {
        "green_dip": float(np.percentile(dip, STATISTIC)),
        "pale_share": float(np.mean(dip < PALE_BELOW)),
    }
