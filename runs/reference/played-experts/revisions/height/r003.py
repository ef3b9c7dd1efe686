"""Height by proxy: how far the step of light at the border swings around the scar."""

import numpy as np
import toolkit as tk

CRITERION = "height"
FEATURES = {
    "step_swing": {
        "unit": "log10",
        "range": [-0.4, 1.2],
        "direction": "up",
        "meaning": "spread (90th minus 10th percentile) over direction of the smoothed step of log red light, which blood hardly dims, across the border, less that of the same step farther out",
    },
}
LEAST = 60  # pixels of the scar
NEAR, FAR = 0.08, 0.25  # the ring of skin, in roots of the lesion's area
FLOOR = 0.002  # of linear light, below which a camera counts noise
HIGH, LOW = 90, 10  # percentiles over direction: extremes are noise
WINDOW = 9  # of 72 directions: 45 degrees, half of what one flank spans
OUT = 0.2  # how far out the second border lies, in roots of the lesion's area


def swing(step):
    """Return the range of a closed profile after a running mean."""
    wide = np.concatenate([step[-WINDOW:], step, step[:WINDOW]])
    even = np.convolve(wide, np.ones(WINDOW) / WINDOW, mode="same")[WINDOW:-WINDOW]
    return float(np.nanpercentile(even, HIGH) - np.nanpercentile(even, LOW)) if np.isfinite(even).any() else float("nan")


def extract(image, mask):
    ring = tk.skin_ring(mask, near=NEAR, far=FAR)
    if mask.sum() < LEAST or ring.sum() < LEAST:
        return {"step_swing": float("nan")}
    light = np.log10(np.maximum(tk.linear_light(image)[..., 0], FLOOR))
    here = swing(tk.border_contrast(light, mask))
    farther = swing(tk.border_contrast(light, tk.signed_distance(mask) > -OUT))
    return {"step_swing": here - farther}
