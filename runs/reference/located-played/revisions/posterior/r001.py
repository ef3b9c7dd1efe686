"""Posterior features: brightness below the mass against beside it at the same depth."""

import numpy as np
import toolkit as tk

CRITERION = "posterior"
FEATURES = {
    "posterior_contrast": {
        "unit": "share of median",
        "range": [-4, 4],
        "direction": "up",
        "meaning": "median brightness below the mass less that beside it in the same rows, over the frame's median",
    },
    "posterior_log": {
        "unit": "log ratio",
        "range": [-4, 4],
        "direction": "up",
        "meaning": "log of the mean below the mass over the mean beside it in the same rows",
    },
}
LEAST_PIXELS = 60  # below this an outline says nothing
FLOOR = 0.01  # brightness added below, so that a black median says nothing
WHOLE = 0.95  # share of the frame from which no mass is known
BELOW = 0.6  # how far below the mass it is read, of its height
GAP = 0.08  # rows left out below the border, of its height
INNER = 0.6  # middle part of the width that counts as behind
LEAST_ROWS = 3  # below this the frame ends too soon


def unfit(mask):
    """Whether the mask is no region: empty, a few pixels, or the whole frame."""
    return mask.sum() < LEAST_PIXELS or mask.mean() > WHOLE


def extract(image, mask):
    """Compare the block below with the blocks on both sides."""
    nothing = {"posterior_contrast": float("nan"), "posterior_log": float("nan")}
    if unfit(mask):
        return nothing
    plane = tk.grey(image)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    tall, left, right = rows[-1] - rows[0] + 1, columns[0], columns[-1] + 1
    top = rows[-1] + 1 + round(GAP * tall)
    block = plane[top : top + max(LEAST_ROWS, round(BELOW * tall))]
    shrink = round((1 - INNER) / 2 * (right - left))
    width = right - left
    behind = block[:, left + shrink : right - shrink]
    beside = np.concatenate([block[:, max(0, left - width) : left], block[:, right : right + width]], axis=1)
    if len(block) < LEAST_ROWS or behind.size < LEAST_PIXELS or beside.size < LEAST_PIXELS:
        return nothing
    usual = float(np.median(plane[~mask])) + FLOOR
    contrast = (np.median(behind) - np.median(beside)) / usual
    ratio = np.log((behind.mean() + FLOOR) / (beside.mean() + FLOOR))
    return {"posterior_contrast": float(contrast), "posterior_log": float(ratio)}
