"""Marks of stitches: pale bars across the long axis at even distances.

Source: suture marks are an item of the Stony Brook scale (Singer AJ et al. Plast Reconstr Surg
2007;120:1892-1897). The colour is averaged across the long axis; even bars make a peak in the
spectrum of that profile.
"""

import cv2
import numpy as np

CRITERION = "hatch_marks"
FEATURES = {
    "hatch_amplitude": {
        "unit": "log10",
        "range": [0, 0.5],
        "direction": "up",
        "meaning": "amplitude of the strongest even bar pattern along the scar in log10 of the green channel",
    },
    "hatch_peak": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the profile's variance in the strongest frequency and its two neighbours",
    },
}
FLANK = 0.12
FEWEST = 4
MOST = 16
BINS = 128
DETREND = 0.12
MIN_PX = 100
VARIANTS = {
    "FLANK": [0.06, 0.12, 0.18],
    "FEWEST": [3, 4, 5],
    "MOST": [12, 16, 20],
    "DETREND": [0.08, 0.12, 0.18],
}


def linear_light(image):
    """Undo the sRGB curve: 0 is black, 1 is white."""
    scaled = np.arange(256) / 255.0
    table = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    return np.maximum(table[image], 1e-4)


def distances(mask):
    """Measure distance to the border inside and outside, in units of the square root of the area."""
    root = np.sqrt(float(mask.sum()))
    filled = np.pad(mask.astype(np.uint8), 1)
    inside = cv2.distanceTransform(filled, cv2.DIST_L2, 5)[1:-1, 1:-1] / root
    outside = cv2.distanceTransform(1 - filled, cv2.DIST_L2, 5)[1:-1, 1:-1] / root
    return inside, outside


def profile(values, along):
    """Average values in BINS equal steps along the axis; gaps are bridged."""
    low, high = float(along.min()), float(along.max())
    places = np.clip(((along - low) / max(high - low, 1e-9) * BINS).astype(int), 0, BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    sums = np.bincount(places, weights=values, minlength=BINS)
    known = counts > 0
    return np.interp(np.arange(BINS), np.flatnonzero(known), sums[known] / counts[known])


def extract(image, mask):
    """Measure even cross-bars."""
    if mask.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    outside = distances(mask)[1]
    rows, columns = np.nonzero(mask)
    points = np.stack([columns - columns.mean(), rows - rows.mean()])
    axis = np.linalg.eigh(points @ points.T)[1][:, 1]
    all_rows, all_columns = np.indices(mask.shape)
    along = axis[0] * (all_columns - columns.mean()) + axis[1] * (all_rows - rows.mean())
    low, high = np.percentile(along[mask], 2), np.percentile(along[mask], 98)
    band = (outside <= FLANK) & (along > low) & (along < high)
    green = np.log10(linear_light(image)[..., 1])
    flank = ~mask & (outside <= FLANK)
    level = np.where(mask, np.median(green[mask]), np.median(green[flank]) if flank.any() else 0.0)
    line = profile((green - level)[band], along[band])
    wide = cv2.GaussianBlur(line[None, :], (0, 0), DETREND * BINS, borderType=cv2.BORDER_REFLECT)[0]
    waves = np.abs(np.fft.rfft((line - wide) * np.hanning(BINS))) ** 2
    peak = FEWEST + int(np.argmax(waves[FEWEST : MOST + 1]))
    power = float(waves[peak - 1 : peak + 2].sum())
    return {
        "hatch_amplitude": float(np.sqrt(power)) * 4 / BINS,
        "hatch_peak": power / max(float(waves[1:].sum()), 1e-12),
    }
