"""Linear form: how line-like the scar is, as one that stays within an incision."""

import numpy as np
from scipy import ndimage

CRITERION = "linear_form"
FEATURES = {
    "log_axis_ratio": {
        "unit": "log10 ratio",
        "range": [0, 2],
        "direction": "up",
        "meaning": "log10 of the long over the short axis of the ellipse with the same second moments as the scar",
    },
    "log_slenderness": {
        "unit": "log10 ratio",
        "range": [-0.5, 2.5],
        "direction": "up",
        "meaning": "log10 of the area over the square of the largest inner diameter, which a bend of the scar does not change",
    },
}
MIN_PIXELS = 60  # below this the short axis is too coarse
PIXEL = 12.0  # a pixel of side 1 has the second moment 1/12 about each axis
HALF = 0.5  # the distance transform counts to the centre of the first pixel outside


def extract(image, mask):
    nothing = {"log_axis_ratio": float("nan"), "log_slenderness": float("nan")}
    labels, found = ndimage.label(ndimage.binary_fill_holes(mask))
    if not found:
        return nothing
    piece = labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1
    if piece.sum() < MIN_PIXELS:
        return nothing
    points = np.argwhere(piece).astype(float)
    points -= points.mean(axis=0)
    moments = points.T @ points / len(points)
    short, long = np.linalg.eigvalsh(moments) + 1 / PIXEL
    rows, cols = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
    box = np.pad(piece[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1], 1)
    diameter = 2 * (ndimage.distance_transform_edt(box).max() - HALF)
    return {
        "log_axis_ratio": float(np.log10(long / short) / 2),
        "log_slenderness": float(np.log10(len(points) / diameter**2)),
    }
