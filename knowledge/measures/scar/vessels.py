"""Visible vessels: thin red lines inside the scar.

Source: ridges by the eigenvalues of the Hessian (Frangi AF et al. MICCAI 1998) on a map of haemoglobin,
log10(R/G); vessels in 90 % of keloids and 27 % of hypertrophic scars under the dermatoscope (Yoo MG, Kim
IH. Ann Dermatol 2014;26:603, doi:10.5021/ad.2014.26.5.603). A plain photograph shows only the widest.
"""

import cv2
import numpy as np

CRITERION = "vessels"
FEATURES = {
    "vessel_strength": {
        "unit": "log10",
        "range": [-0.2, 0.6],
        "direction": "up",
        "meaning": "UPPER percentile of the strength of red, dark ridges in the scar minus its median there",
    },
    "vessel_density": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the scar whose ridge strength passes FLOOR and the UPPER percentile of the ring",
    },
}
SCALE = 0.022
CORE = 0.08
RING_INNER = 0.08
RING_OUTER = 0.30
UPPER = 92
FLOOR = 0.010
MIN_PX = 60
VARIANTS = {
    "SCALE": [0.015, 0.022, 0.03],
    "UPPER": [85, 92, 96],
    "FLOOR": [0.006, 0.010, 0.014],
    "CORE": [0.05, 0.08, 0.12],
}


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


def ridges(field, sigma):
    """Return the strength of bright lines from the eigenvalues of the Hessian, scale-free."""
    smooth = cv2.GaussianBlur(field, (0, 0), sigma)
    dy, dx = np.gradient(smooth)
    dyy, dyx = np.gradient(dy)
    dxx = np.gradient(dx, axis=1)
    centre, apart = (dxx + dyy) / 2, np.sqrt(((dxx - dyy) / 2) ** 2 + dyx**2)
    across, along = apart - centre, np.abs(centre + apart)
    return np.maximum(across - along, 0) * sigma**2


def extract(image, mask):
    """Measure red ridges."""
    inside, outside = distances(mask) if mask.any() else (mask * 0.0, mask * 0.0)
    scar = inside > CORE
    ring = (outside > RING_INNER) & (outside <= RING_OUTER)
    if scar.sum() < MIN_PX or ring.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = linear_light(image)
    redness = np.log10(light[..., 0] / light[..., 1])
    # A vessel is redder and darker than its surroundings: folds are only darker, pale bars' gaps only redder.
    sigma = max(0.8, SCALE * float(np.sqrt(mask.sum())))
    strength = np.minimum(ridges(redness, sigma), ridges(-np.log10(light[..., 1]), sigma))
    least = max(FLOOR, float(np.percentile(strength[ring], UPPER)))
    return {
        "vessel_strength": float(np.percentile(strength[scar], UPPER) - np.median(strength[scar])),
        "vessel_density": float((strength[scar] > least).mean()),
    }
