"""Orientation of the mass to the skin: taller than wide is not parallel.

NaN without an outline: the mask is then the whole frame.
Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013).
"""

import numpy as np

CRITERION = 'orientation'
FEATURES = {
    "height_over_width": {
        "unit": "ratio",
        "range": [0, 10],
        "direction": "up",
        "meaning": "root of the vertical over the horizontal variance of the mass",
    },
}
LEAST = 16
NAN = float("nan")


def extract(image, mask):
    """Measure orientation; NaN without an outline."""
    if mask.mean() > 0.9 or mask.sum() < LEAST:
        return {name: NAN for name in FEATURES}
    rows, columns = np.nonzero(mask)
    return {"height_over_width": float(np.clip(rows.std() / max(columns.std(), 0.5), 0, 10))}
