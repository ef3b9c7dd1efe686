"""Redness of the scar's rim against its centre.

Source: keloids are under most tension at their edges and tend to heal in the centre (Akaishi S et al. Ann
Plast Surg 2008;60:445-451, doi:10.1097/SAP.0b013e3181238dd7); log10(R/G) as erythema index.
"""

import cv2
import numpy as np

CRITERION = "rim_activity"
FEATURES = {
    "rim_minus_centre_ei": {
        "unit": "log10",
        "range": [-0.5, 0.5],
        "direction": "up",
        "meaning": "log10(R/G) of the outer part of the scar minus that of its inner part, middle half",
    },
    "depth_slope": {
        "unit": "log10",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "fall of log10(R/G) from the rim to the deepest point, least squares over all pixels",
    },
}
RIM_FROM = 0.08
RIM_TO = 0.30
CENTRE_FROM = 0.55
MIN_PX = 40
VARIANTS = {"RIM_FROM": [0.04, 0.08, 0.14], "RIM_TO": [0.2, 0.30, 0.4], "CENTRE_FROM": [0.45, 0.55, 0.7]}


def linear_light(image):
    """Undo the sRGB curve: 0 is black, 1 is white."""
    scaled = np.arange(256) / 255.0
    table = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    return np.maximum(table[image], 1e-4)


def middle(values):
    """Average the middle half: as robust as a median, without its steps of one grey level."""
    low, high = np.percentile(values, 25), np.percentile(values, 75)
    return float(values[(values >= low) & (values <= high)].mean())


def extract(image, mask):
    """Measure the rim against the centre."""
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    depth = depth / max(float(depth.max()), 1.0)
    rim = mask & (depth > RIM_FROM) & (depth <= RIM_TO)
    centre = mask & (depth > CENTRE_FROM)
    if rim.sum() < MIN_PX or centre.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = linear_light(image)
    redness = np.log10(light[..., 0] / light[..., 1])
    body = mask & (depth > RIM_FROM)
    slope = np.polyfit(depth[body], redness[body], 1)[0]
    return {
        "rim_minus_centre_ei": middle(redness[rim]) - middle(redness[centre]),
        "depth_slope": float(-slope),
    }
