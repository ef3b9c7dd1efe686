"""Shine of the scar's surface: small highlights that carry the colour of the light, not of the skin.

Source: matt or shiny is an item of the Manchester Scar Scale (Beausang E et al. Plast Reconstr Surg
1998;102:1954-1961, doi:10.1097/00006534-199811000-00022); mirror reflection adds the same light to all
channels (Shafer SA, Using color to separate reflection components, 1985), so it shows as blue gaining on red.
"""

import cv2
import numpy as np

CRITERION = "gloss"
FEATURES = {
    "highlight_excess": {
        "unit": "log10",
        "range": [-1.5, 1.5],
        "direction": "up",
        "meaning": "UPPER percentile minus median of log10(B/R) in the scar, minus the same in the ring",
    },
    "highlight_light": {
        "unit": "log10",
        "range": [-2.5, 2.5],
        "direction": "up",
        "meaning": "UPPER percentile minus median of log10 B in the scar, minus the same in the ring",
    },
}
RING_INNER = 0.08
RING_OUTER = 0.30
CORE = 0.03
UPPER = 97
MIN_PX = 60
VARIANTS = {"CORE": [0.0, 0.03, 0.06], "UPPER": [94, 97, 99], "RING_OUTER": [0.2, 0.30]}


def linear_light(image):
    """Undo the sRGB curve: 0 is black, 1 is white."""
    scaled = np.arange(256) / 255.0
    table = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    return np.maximum(table[image], 1e-4)


def distances(mask):
    """Measure distance to the border inside and outside, in units of the square root of the area."""
    root = np.sqrt(float(mask.sum()))
    filled = np.pad(mask.astype(np.uint8), 1)
    inside = cv2.distanceTransform(filled, cv2.DIST_L2, 5)[1:-1, 1:-1] / root
    outside = cv2.distanceTransform(1 - filled, cv2.DIST_L2, 5)[1:-1, 1:-1] / root
    return inside, outside


def excess(values):
    """How far the upper percentile stands above the median."""
    return float(np.percentile(values, UPPER) - np.median(values))


def extract(image, mask):
    """Measure highlights, scar minus ring."""
    inside, outside = distances(mask) if mask.any() else (mask * 0.0, mask * 0.0)
    scar = inside > CORE
    ring = (outside > RING_INNER) & (outside <= RING_OUTER)
    if scar.sum() < MIN_PX or ring.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = linear_light(image)
    ratio = np.log10(light[..., 2] / light[..., 0])
    blue = np.log10(light[..., 2])
    return {
        "highlight_excess": excess(ratio[scar]) - excess(ratio[ring]),
        "highlight_light": excess(blue[scar]) - excess(blue[ring]),
    }
