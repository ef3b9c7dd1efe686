"""Butterfly and dumbbell: a scar that is narrower in its middle than at its two ends.

Source: characteristic shapes of keloids (Ogawa R, Burns Trauma 2019;7:39, doi:10.1186/s41038-019-0175-y). The
width is read across the long axis of the mask.
"""

import numpy as np

CRITERION = "characteristic_shape"
FEATURES = {
    "waist_ratio": {
        "unit": "ratio",
        "range": [0, 1.2],
        "direction": "down",
        "meaning": "narrowest width in the middle over the smaller of the widest widths of the two halves",
    },
    "middle_share": {
        "unit": "ratio",
        "range": [0, 2],
        "direction": "down",
        "meaning": "mean width of the middle third over the mean width of the two outer thirds",
    },
}
BINS = 36
MIDDLE = 0.25
ENDS = 0.06
SMOOTH_BINS = 3
MIN_PX = 60
VARIANTS = {
    "BINS": [24, 36, 48],
    "MIDDLE": [0.2, 0.25, 0.33],
    "ENDS": [0.03, 0.06, 0.1],
    "SMOOTH_BINS": [1, 3, 5],
}


def widths(mask):
    """Measure the width across the long axis in BINS equal parts of the length."""
    rows, columns = np.nonzero(mask)
    points = np.stack([columns - columns.mean(), rows - rows.mean()])
    axis = np.linalg.eigh(points @ points.T)[1][:, 1]
    along = axis @ points
    low, high = np.percentile(along, 0.5), np.percentile(along, 99.5)
    counts = np.histogram(along, bins=BINS, range=(low, high))[0]
    return np.convolve(
        np.pad(counts, SMOOTH_BINS // 2, mode="edge"), np.ones(SMOOTH_BINS) / SMOOTH_BINS, "valid"
    )


def extract(image, mask):
    """Measure the waist."""
    if mask.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    width = widths(mask)
    places = (np.arange(BINS) + 0.5) / BINS
    middle = np.abs(places - 0.5) <= MIDDLE
    left = (places > ENDS) & (places < 0.5)
    right = (places < 1 - ENDS) & (places > 0.5)
    widest = min(float(width[left].max()), float(width[right].max()))
    if widest <= 0:
        return {name: float("nan") for name in FEATURES}
    centre = np.abs(places - 0.5) < 1 / 6
    outer = ~centre & (places > ENDS) & (places < 1 - ENDS)
    return {
        "waist_ratio": float(width[middle].min()) / widest,
        "middle_share": float(width[centre].mean()) / max(float(width[outer].mean()), 1e-6),
    }
