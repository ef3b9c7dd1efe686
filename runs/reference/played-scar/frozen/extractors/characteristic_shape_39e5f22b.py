"""Characteristic shape: butterfly or dumbbell, narrower in the middle than at both ends."""

import numpy as np
from scipy import ndimage

CRITERION = "characteristic_shape"
FEATURES = {
    "waist_ratio": {
        "unit": "ratio",
        "range": [0, 2],
        "direction": "down",
        "meaning": "narrowest width in the middle of the long axis over the smaller of the widest widths of both halves, profile smoothed along the axis",
    },
    "middle_share": {
        "unit": "ratio",
        "range": [0, 4],
        "direction": "down",
        "meaning": "mean width of the middle third of the long axis over the mean width of the outer thirds",
    },
}
MIN_PIXELS = 60  # below this a width profile is too coarse
BINS = 60  # slices along the long axis
SMOOTH = 2.5  # smoothing of the profile, slices; small lobes drop out
TIPS = [0.5, 99.5]  # percentiles that stand for the tips, so that a stray pixel sets no length
MIDDLE_LOW, MIDDLE_HIGH = 0.33, 0.67  # the middle third, share of the length
HALF = 0.5  # middle of the length


def width_profile(mask):
    """Return the width across the long axis in even slices from tip to tip."""
    points = np.argwhere(mask).astype(float)
    points -= points.mean(axis=0)
    _, axes = np.linalg.eigh(points.T @ points)
    along = points @ axes[:, 1]
    low, high = np.percentile(along, TIPS)
    grain = (np.arange(BINS) + HALF) / BINS
    counts, edges = np.histogram(along, bins=BINS, range=(low, high))
    step = edges[1] - edges[0]
    return grain, ndimage.gaussian_filter1d(counts / step, SMOOTH, mode="nearest")


def extract(image, mask):
    nothing = {"waist_ratio": float("nan"), "middle_share": float("nan")}
    labels, found = ndimage.label(ndimage.binary_fill_holes(mask))
    if not found:
        return nothing
    piece = labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1
    if piece.sum() < MIN_PIXELS:
        return nothing
    place, width = width_profile(piece)
    middle = (place >= MIDDLE_LOW) & (place <= MIDDLE_HIGH)
    smaller = min(width[place < HALF].max(), width[place >= HALF].max())
    outer = width[~middle].mean()
    if smaller <= 0 or outer <= 0:
        return nothing
    return {
        "waist_ratio": float(width[middle].min() / smaller),
        "middle_share": float(width[middle].mean() / outer),
    }
