"""Globules and dots: round dark spots, darker than what surrounds them in nearly every direction."""

import cv2
import numpy as np
from scipy import ndimage

CRITERION = "globules"
FEATURES = {
    "globule_count": {
        "unit": "count", "range": [0, 400], "direction": "up",
        "meaning": "soft count of local maxima inside the lesion whose density exceeds by 0.05 the 80th percentile of a "
        "circle around them",
    },
    "globule_share": {
        "unit": "fraction", "range": [0, 1], "direction": "up",
        "meaning": "share of the lesion where density exceeds the 80th percentile of a circle around it by 0.05",
    },
    "globule_strength": {
        "unit": "ratio", "range": [0, 1], "direction": "up",
        "meaning": "that excess of density over the local density above skin, averaged over the lesion",
    },
}
WORK = 160  # pixels, root of the lesion's area after resampling
MARGIN = 0.3  # crop beyond the lesion's box, in roots of the area
RIM = 0.05  # root areas taken off the lesion: the edge is no spot
SIGMAS = (1.5, 2.3, 3.5, 5.0)  # pixels, spots of 0.03 to 0.09 root areas across
CIRCLE = 2.2  # sigmas from a spot's centre to the circle around it
DIRECTIONS = 16  # points on the circle
MOST = 80  # percentile on the circle: a line through the centre is as dark there and drops out
ENOUGH, STEP = 0.05, 0.01  # log10, height that counts as a spot, and softness of the step
NOISE = 2.5  # skin 90th percentiles below which nothing counts
SKIN_UPPER = 90  # percentile of the skin ring
NEAR = 7  # pixels, window of a local maximum
FAR = 30.0  # steps beyond which the soft count is 0 or 1 anyway
LOCAL = 8.0  # pixels, neighbourhood of the local density
MIN_DENSITY = 0.1  # log10, least density that is divided by
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


def spot_height(grey, sigma):
    """How far a smoothed point is darker than most of the circle around it, never below zero."""
    smooth = ndimage.gaussian_filter(grey, sigma)
    pad = int(np.ceil(CIRCLE * sigma)) + 1
    wide = np.pad(smooth, pad, mode="edge")
    around = []
    for angle in np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS:
        dy = pad + int(round(CIRCLE * sigma * np.sin(angle)))
        dx = pad + int(round(CIRCLE * sigma * np.cos(angle)))
        around.append(wide[dy:dy + grey.shape[0], dx:dx + grey.shape[1]])
    return np.maximum(smooth - np.percentile(np.stack(around), MOST, axis=0), 0)


def extract(image, mask):
    ready = at_work_scale(image, mask)
    nothing = {name: float("nan") for name in FEATURES}
    if ready is None:
        return nothing
    linear, lesion, ring = ready
    grey = -np.log10(np.maximum(linear, FLOOR)).mean(axis=2).astype(float)
    grey = grey - np.median(grey[ring])
    core = ndimage.distance_transform_edt(np.pad(lesion, 1))[1:-1, 1:-1] > RIM * WORK
    if not core.any():
        return nothing
    height = np.zeros(grey.shape)
    for sigma in SIGMAS:
        height = np.maximum(height, spot_height(grey, sigma))
    limit = max(ENOUGH, NOISE * float(np.percentile(height[ring], SKIN_UPPER)))
    sure = 1 / (1 + np.exp(-np.clip((height - limit) / STEP, -FAR, FAR)))
    peak = core & (height > 0) & (height == ndimage.maximum_filter(height, NEAR))
    local = np.maximum(ndimage.gaussian_filter(grey, LOCAL), MIN_DENSITY)
    return {
        "globule_count": float(sure[peak].sum()),
        "globule_share": float((height[core] > limit).mean()),
        "globule_strength": float((height[core] * sure[core] / local[core]).mean()),
    }
