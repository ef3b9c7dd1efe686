"""How much the scar is a line.

Source: linear against widespread hypertrophic scar (Mustoe TA et al. Plast Reconstr Surg 2002;110:560-571).
Axis ratio of the ellipse with the same moments, and length over width from area and largest inner radius.
"""

import cv2
import numpy as np

CRITERION = "linear_form"
FEATURES = {
    "axis_ratio": {
        "unit": "ratio",
        "range": [1, 60],
        "direction": "up",
        "meaning": "long over short axis of the ellipse with the same second moments",
    },
    "slenderness": {
        "unit": "ratio",
        "range": [0.5, 200],
        "direction": "up",
        "meaning": "area over the square of the largest inner diameter",
    },
}
TRIM = 0.0
MIN_PX = 60
VARIANTS = {"TRIM": [0.0, 0.05, 0.1]}


def extract(image, mask):
    """Measure elongation."""
    if mask.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    inner = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    body = mask & (inner > TRIM * inner.max())
    rows, columns = np.nonzero(body)
    points = np.stack([columns - columns.mean(), rows - rows.mean()])
    short, long = np.linalg.eigvalsh(points @ points.T / rows.size + np.eye(2) / 12)
    return {
        "axis_ratio": float(np.sqrt(long / short)),
        "slenderness": float(mask.sum() / (2 * float(inner.max())) ** 2),
    }
