"""Network: thin dark lines in all directions.

Confounder: hairs that cross each other, and the flanks of globules, give ridges in all directions without a network.
"""

import cv2
import numpy as np
from scipy import ndimage

CRITERION = "network"
FEATURES = {
    "network_strength_2": {
        "unit": "log10", "range": [0, 0.5], "direction": "up",
        "meaning": "mean height of dark ridges in density inside the lesion above that of skin, hairs filled "
        "and spots with their flanks left out, weighted by how evenly the ridges around point in all directions",
    },
}
WORK = 160  # pixels, root of the lesion's area after resampling
MARGIN = 0.3  # crop beyond the lesion's box, in roots of the area
RIM = 0.04  # root areas taken off the lesion: the edge is no line
SIGMAS = (1.5, 2.5)  # pixels, half widths of a network line
AROUND = 8.0  # pixels, neighbourhood in which directions are compared
SPOT = 4.0  # pixels, smoothing at which a network is gone and a globule is not
SPOT_HEIGHT, ROUND = 0.02, 0.5  # log10, and least ratio of the two curvatures of a spot
SPOT_REACH = 8  # pixels, a spot and its flank
NOISE = 2.0  # skin medians taken off each ridge
TINY = 1e-6  # keeps a division finite
FINE = 5.0  # pixels, surroundings that a hair is darker than
HAIR_HEIGHT = 0.04  # log10, mean darkness of a hair along its piece
LONG = 12  # pixels, half the length of the piece of hair looked for
TURNS = 16  # directions of a hair
SKIN_FROM = 0.05  # root areas outside the mask: a line that reaches this skin is a hair
WIDEN, FILL, LEAST_WEIGHT = 2, 4.0, 1e-3  # pixels a hair is grown by; width and least sum of the weights that fill it
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


def without_hair(density, lesion):
    """Density with straight dark lines that run on over the skin filled from beside them, per channel."""
    grey = density.mean(axis=2)
    skin = ndimage.distance_transform_edt(~lesion) > SKIN_FROM * WORK
    fine = (grey - ndimage.gaussian_filter(grey, FINE)).astype(np.float32)
    hair = np.zeros(grey.shape, dtype=bool)
    steps = np.arange(-LONG, LONG + 1)
    for angle in np.arange(TURNS) * np.pi / TURNS:
        piece = np.zeros((2 * LONG + 1, 2 * LONG + 1), dtype=np.float32)
        rows, cols = np.rint(steps * np.sin(angle)).astype(int), np.rint(steps * np.cos(angle)).astype(int)
        piece[LONG + rows, LONG + cols] = 1
        line = cv2.filter2D(fine, -1, piece / piece.sum()) > HAIR_HEIGHT
        labels = ndimage.label(line)[0]
        hair |= line & np.isin(labels, np.unique(labels[skin & line]))
    clean = (~ndimage.binary_dilation(hair, iterations=WIDEN)).astype(float)[..., None]
    reach = (FILL, FILL, 0)
    beside = ndimage.gaussian_filter(density * clean, reach)
    beside = beside / np.maximum(ndimage.gaussian_filter(clean, reach), LEAST_WEIGHT)
    return np.where(clean > 0, density, beside)


def ridges(grey, sigma):
    """Height of dark ridges less that of blobs, and the cosine and sine of twice their angle."""
    xx = ndimage.gaussian_filter(grey, sigma, order=(0, 2)) * sigma**2
    yy = ndimage.gaussian_filter(grey, sigma, order=(2, 0)) * sigma**2
    xy = ndimage.gaussian_filter(grey, sigma, order=(1, 1)) * sigma**2
    split = np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    mean = (xx + yy) / 2
    across, along = split - mean, -mean - split  # minus the two curvatures, larger first
    height = np.maximum(across - np.abs(along), 0)
    return height, along, across, (xx - yy) / 2 / (split + TINY), xy / (split + TINY)


def extract(image, mask):
    ready = at_work_scale(image, mask)
    nothing = {name: float("nan") for name in FEATURES}
    if ready is None:
        return nothing
    linear, lesion, ring = ready
    density = -np.log10(np.maximum(linear, FLOOR)).astype(float)
    grey = without_hair(density, lesion).mean(axis=2)
    core = ndimage.distance_transform_edt(np.pad(lesion, 1))[1:-1, 1:-1] > RIM * WORK
    if not core.any():
        return nothing
    _, along, across, _, _ = ridges(grey, SPOT)
    spot = (along > SPOT_HEIGHT) & (along > ROUND * across)
    free = core & (ndimage.distance_transform_edt(~spot) > SPOT_REACH) if spot.any() else core
    if free.sum() < MIN_RING:
        return nothing
    strength = np.zeros(grey.shape)
    for sigma in SIGMAS:
        height, _, _, c, s = ridges(grey, sigma)
        height = np.maximum(height - NOISE * np.median(height[ring]), 0) * free
        total = ndimage.gaussian_filter(height, AROUND)
        one_way = np.hypot(ndimage.gaussian_filter(height * c, AROUND), ndimage.gaussian_filter(height * s, AROUND))
        strength = np.maximum(strength, np.maximum(total - one_way, 0))
    return {"network_strength_2": float(strength[free].mean())}
