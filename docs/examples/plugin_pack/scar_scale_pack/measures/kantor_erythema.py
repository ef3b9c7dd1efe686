"""How much of the scar is redder than the skin around it.

Source: item erythema of the SCAR scale (none, light pink, red, deep red or purple), rated on photographs
as reliably as on patients (Kantor J. JAMA Dermatol 2017;153:55-60); log10(R/G) in linear light as erythema
index (Yamamoto T et al. Skin Res Technol 2008, doi:10.1111/j.1600-0846.2007.00256.x).
"""

import cv2
import numpy as np

CRITERION = "erythema"
FEATURES = {
    "red_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the scar whose log10(R/G) lies above the UPPER percentile of the skin ring",
    },
    "red_depth": {
        "unit": "log10",
        "range": [-0.5, 1],
        "direction": "up",
        "meaning": "REDDEST percentile of log10(R/G) in the scar minus the median of the skin ring",
    },
}
RING_INNER = 0.08
RING_OUTER = 0.25
UPPER = 90
REDDEST = 75
MIN_PX = 60
VARIANTS = {"RING_OUTER": [0.18, 0.25, 0.35], "UPPER": [80, 90, 95], "REDDEST": [50, 75, 90]}


def extract(image, mask):
    """Measure redness, scar against ring."""
    missing = {name: float("nan") for name in FEATURES}
    if mask.sum() < MIN_PX:
        return missing
    root = np.sqrt(float(mask.sum()))
    outside = cv2.distanceTransform(1 - np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1] / root
    ring = (outside > RING_INNER) & (outside <= RING_OUTER)
    if ring.sum() < MIN_PX:
        return missing
    scaled = np.arange(256) / 255.0
    light = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)[image]
    redness = np.log10(np.maximum(light[..., 0], 1e-4) / np.maximum(light[..., 1], 1e-4))
    return {
        "red_share": float((redness[mask] > np.percentile(redness[ring], UPPER)).mean()),
        "red_depth": float(np.percentile(redness[mask], REDDEST) - np.median(redness[ring])),
    }
