"""Shine of the wound bed: a moist bed mirrors the lamp in small glints, a dry one does not.

Source: mirror reflection adds the same light to all channels (Shafer SA. Using color to separate
reflection components. Color Res Appl 1985;10:210-218). It shows against green, which blood darkens; red,
which blood hardly changes, takes the exposure out.
"""

import cv2
import numpy as np

CRITERION = "dryness"
FEATURES = {
    "glint_light": {
        "unit": "ratio",
        "range": [0, 20],
        "direction": "down",
        "meaning": "UPPER percentile minus median of green over the bed, by the median of red, linear light",
    },
}
CORE = 0.04
UPPER = 95
SMOOTH = 0.7
MIN_PX = 60
VARIANTS = {"CORE": [0.0, 0.04, 0.08], "UPPER": [90, 95, 98], "SMOOTH": [0.5, 0.7, 1.0]}


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
    """Measure glints in the bed."""
    bed = bed_of(mask) if mask.any() else mask
    if bed.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = cv2.GaussianBlur(linear_light(image).astype(np.float32), (0, 0), SMOOTH)
    green, red = light[..., 1], light[..., 0]
    level = float(np.median(red[bed]))
    bright = np.percentile(green[bed], UPPER) - np.median(green[bed])
    return {"glint_light": float(bright) / level}
