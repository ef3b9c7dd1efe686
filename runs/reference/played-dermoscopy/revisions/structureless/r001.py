"""Structureless areas: parts of the lesion without fine structure."""

import cv2
import numpy as np
from scipy import ndimage

CRITERION = "structureless"
FEATURES = {
    "structureless_share": {
        "unit": "fraction", "range": [0, 1], "direction": "up",
        "meaning": "share of the lesion whose local spread of fine density is below 0.4 of its upper 85th percentile, "
        "or below a small multiple of the skin's spread",
    },
    "largest_plain_area": {
        "unit": "fraction", "range": [0, 1], "direction": "up",
        "meaning": "largest connected area of such low spread over the area of the lesion",
    },
}
WORK = 128  # pixels, root of the lesion's area after resampling
MARGIN = 0.3  # crop beyond the lesion's box, in roots of the area
RIM = 0.05  # root areas taken off the lesion: the edge is no structure
FINE, COARSE = 1.0, 5.0  # pixels, band of fine structure
WINDOW = 5.0  # pixels, neighbourhood of a local spread
UPPER = 85  # percentile that stands for the structured parts
PART = 0.4  # of it, below which an area is plain
SKIN = 1.3  # skin medians below which an area is plain: noise and compression
LEAST = 0.006  # log10, below this nothing is visible
OPEN = 2  # pixels, thin bridges between plain areas are cut
TINY = 1e-9  # against rounding below zero
FLOOR = 0.002  # least linear light, about half a grey level
GAMMA_KNEE, GAMMA_SLOPE, GAMMA_ADD, GAMMA_GAIN, GAMMA_POWER = 0.04045, 12.92, 0.055, 1.055, 2.4  # sRGB standard
LEVEL_TOP = 255.0  # highest grey level of an 8-bit image
INNER, OUTER = 0.03, 0.25  # limits of the skin ring, in roots of the lesion's area
MIN_RING, MIN_LESION = 100, 200  # pixels, below these no measurement
HALF = 0.5  # border of a resampled mask


def at_work_scale(image, mask):
    """Linear light and mask, cropped and resampled to a root area of WORK pixels, and the skin ring; or None."""
    rows, cols = np.nonzero(mask)
    if rows.size < MIN_LESION:
        return None
    size = np.sqrt(rows.size)
    pad = int(np.ceil(MARGIN * size))
    box = np.s_[max(rows.min() - pad, 0):rows.max() + pad + 1, max(cols.min() - pad, 0):cols.max() + pad + 1]
    scale = WORK / size
    coded = image[box] / LEVEL_TOP
    linear = np.where(coded <= GAMMA_KNEE, coded / GAMMA_SLOPE, ((coded + GAMMA_ADD) / GAMMA_GAIN) ** GAMMA_POWER)
    shape = (max(int(round(linear.shape[1] * scale)), 1), max(int(round(linear.shape[0] * scale)), 1))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    linear = cv2.resize(linear.astype(np.float32), shape, interpolation=how)
    lesion = cv2.resize(mask[box].astype(np.float32), shape, interpolation=how) > HALF
    away = ndimage.distance_transform_edt(~lesion)
    ring = (away > INNER * WORK) & (away <= OUTER * WORK)
    if ring.sum() / scale**2 < MIN_RING or not lesion.any():
        return None
    return linear, lesion, ring


def local_spread(grey, where):
    """Local standard deviation of band-passed density, taken over the pixels in where only."""
    fine = ndimage.gaussian_filter(grey, FINE) - ndimage.gaussian_filter(grey, COARSE)
    weight = np.maximum(ndimage.gaussian_filter(where.astype(float), WINDOW), TINY)
    mean = ndimage.gaussian_filter(fine * where, WINDOW) / weight
    square = ndimage.gaussian_filter(fine**2 * where, WINDOW) / weight
    return np.sqrt(np.maximum(square - mean**2, 0))


def extract(image, mask):
    ready = at_work_scale(image, mask)
    nothing = {name: float("nan") for name in FEATURES}
    if ready is None:
        return nothing
    linear, lesion, ring = ready
    grey = -np.log10(np.maximum(linear, FLOOR)).mean(axis=2).astype(float)
    core = ndimage.distance_transform_edt(np.pad(lesion, 1))[1:-1, 1:-1] > RIM * WORK
    if not core.any():
        return nothing
    spread = local_spread(grey, core)
    skin = float(np.median(local_spread(grey, ring)[ring]))
    limit = max(PART * float(np.percentile(spread[core], UPPER)), SKIN * skin, LEAST)
    plain = core & (spread < limit)
    solid = ndimage.binary_opening(plain, iterations=OPEN)
    labels, count = ndimage.label(solid)
    largest = np.bincount(labels.ravel())[1:].max() if count else 0
    return {
        "structureless_share": float(plain.sum() / core.sum()),
        "largest_plain_area": float(largest / core.sum()),
    }
