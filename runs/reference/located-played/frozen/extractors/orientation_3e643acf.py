"""Orientation: taller than wide, from the moments and from the extent of the mass."""

import numpy as np

CRITERION = "orientation"
FEATURES = {
    "height_over_width": {
        "unit": "ratio",
        "range": [0, 10],
        "direction": "up",
        "meaning": "root of the vertical over the horizontal variance of the mass",
    },
    "steepness": {
        "unit": "radian",
        "range": [0, 1.571],
        "direction": "up",
        "meaning": "angle of the long axis against the horizontal, weighted to pi/4 as the mass gets round",
    },
}
LEAST_PIXELS = 60  # below this an outline says nothing
HALFWAY = 0.785  # angle of a mass without a long axis, radian
WHOLE = 0.95  # share of the frame from which no mass is known


def unfit(mask):
    """Whether the mask is no region: empty, a few pixels, or the whole frame."""
    return mask.sum() < LEAST_PIXELS or mask.mean() > WHOLE


def extract(image, mask):
    """Read orientation off the second moments."""
    if unfit(mask):
        return {"height_over_width": float("nan"), "steepness": float("nan")}
    spread = np.cov(np.argwhere(mask).astype(float).T)
    values, axes = np.linalg.eigh(spread)
    angle = np.arctan2(abs(axes[0, 1]), abs(axes[1, 1]))
    weight = 1 - np.sqrt(values[0] / values[1])
    steep = HALFWAY + weight * (angle - HALFWAY)
    return {"height_over_width": float(np.sqrt(spread[0, 0] / spread[1, 1])), "steepness": float(steep)}
