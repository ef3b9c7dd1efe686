"""Echo: brightness of the mass against tissue around it and at its own depth."""

import numpy as np
import toolkit as tk

CRITERION = "echo"
FEATURES = {
    "echo_contrast": {
        "unit": "ratio",
        "range": [-1, 3],
        "direction": "up",
        "meaning": "median brightness inside over the median of a ring around, minus one",
    },
    "echo_for_depth": {
        "unit": "share of median",
        "range": [-4, 4],
        "direction": "up",
        "meaning": "median over rows of brightness inside less the median outside in the same row, over the frame's median",
    },
}
LEAST_PIXELS = 60  # below this an outline says nothing
FLOOR = 0.01  # brightness added below, so that a black median says nothing
WHOLE = 0.95  # share of the frame from which no mass is known
NEAR, FAR = 0.06, 0.4  # ring, of the root of the area
CORE = 0.06  # the border is left out inside, same unit


def unfit(mask):
    """Whether the mask is no region: empty, a few pixels, or the whole frame."""
    return mask.sum() < LEAST_PIXELS or mask.mean() > WHOLE


def extract(image, mask):
    """Compare inside with a ring, and with the same rows."""
    nothing = {"echo_contrast": float("nan"), "echo_for_depth": float("nan")}
    if unfit(mask):
        return nothing
    plane, depth = tk.grey(image), tk.signed_distance(mask)
    core, ring = depth > CORE, (depth < -NEAR) & (depth > -FAR)
    if core.sum() < LEAST_PIXELS or ring.sum() < LEAST_PIXELS:
        return nothing
    contrast = np.median(plane[core]) / (np.median(plane[ring]) + FLOOR) - 1
    steps = [
        np.median(plane[row][core[row]]) - np.median(plane[row][depth[row] < -NEAR])
        for row in np.flatnonzero(core.any(axis=1))
        if (depth[row] < -NEAR).any()
    ]
    usual = float(np.median(plane[depth < -NEAR])) + FLOOR
    level = float(np.median(steps)) / usual if steps else float("nan")
    return {"echo_contrast": float(contrast), "echo_for_depth": level}
