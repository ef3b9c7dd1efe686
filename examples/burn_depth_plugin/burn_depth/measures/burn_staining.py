"""Dark red dots and threads in the wound bed: spots redder than the bed around them.

Source: erythema index log10(R/G) of linear light (Yamamoto T et al. Skin Res Technol 2008;14:26-34,
doi:10.1111/j.1600-0846.2007.00256.x); top-hat against an opening (Serra J. Image Analysis and Mathematical
Morphology. Academic Press 1982), after an opening of the light itself has taken the glints away. That the
dots do not blanch, no single photograph shows.
"""

import cv2
import numpy as np

CRITERION = "staining"
FEATURES = {
    "stain_height": {
        "unit": "log10",
        "range": [0, 1],
        "direction": "up",
        "meaning": "mean over the bed of how far log10(R/G) stands above its opening with a disc of SPOT",
    },
    "stain_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the bed where log10(R/G) stands more than STANDS_OUT above its opening",
    },
}
CORE = 0.04
SPOT = 0.08
GLINT = 0.03
STANDS_OUT = 0.06
MIN_PX = 60
VARIANTS = {
    "CORE": [0.0, 0.04, 0.08],
    "SPOT": [0.06, 0.08, 0.1],
    "GLINT": [0.02, 0.03, 0.04],
    "STANDS_OUT": [0.04, 0.06, 0.09],
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
    """Measure spots that are redder than their surroundings."""
    bed = bed_of(mask) if mask.any() else mask
    if bed.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = without_glints(image, mask)
    redness = np.log10(light[..., 0] / light[..., 1])
    above = cv2.morphologyEx(redness, cv2.MORPH_TOPHAT, disc_of(SPOT, mask))[bed]
    return {"stain_height": float(above.mean()), "stain_share": float(np.mean(above > STANDS_OUT))}
