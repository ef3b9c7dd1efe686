"""Network: thin dark lines in all directions that enclose light meshes."""

import cv2
import numpy as np
from scipy import ndimage
from skimage import morphology

CRITERION = "network"
FEATURES = {
    "network_strength": {
        "unit": "log10", "range": [0, 0.5], "direction": "up",
        "meaning": "mean height of dark ridges in density inside the lesion above that of skin, blobs subtracted, "
        "weighted by how evenly the ridges around point in all directions",
    },
    "mesh_depth": {
        "unit": "log10", "range": [0, 0.5], "direction": "up",
        "meaning": "mean depth of small light meshes below the dark lines that enclose them, inside the lesion, minus "
        "the same in the skin ring",
    },
}
WORK = 160  # pixels, root of the lesion's area after resampling
MARGIN = 0.3  # crop beyond the lesion's box, in roots of the area
RIM = 0.04  # root areas taken off the lesion: the edge is no line
SIGMAS = (1.5, 2.5)  # pixels, half widths of a network line
AROUND = 8.0  # pixels, neighbourhood in which directions are compared
MESH = 8  # pixels, radius of the largest mesh
SMOOTH = 1.2  # pixels, against noise
NOISE = 2.0  # skin medians taken off each ridge
TINY = 1e-6  # keeps a division finite
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


def ridges(grey, sigma):
    """Height of dark ridges less that of blobs, and the cosine and sine of twice their angle."""
    xx = ndimage.gaussian_filter(grey, sigma, order=(0, 2)) * sigma**2
    yy = ndimage.gaussian_filter(grey, sigma, order=(2, 0)) * sigma**2
    xy = ndimage.gaussian_filter(grey, sigma, order=(1, 1)) * sigma**2
    split = np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    mean = (xx + yy) / 2
    across, along = split - mean, -mean - split  # minus the two curvatures, larger first
    height = np.maximum(across - np.abs(along), 0)
    return height, (xx - yy) / 2 / (split + TINY), xy / (split + TINY)


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
    strength = np.zeros(grey.shape)
    for sigma in SIGMAS:
        height, c, s = ridges(grey, sigma)
        height = np.maximum(height - NOISE * np.median(height[ring]), 0) * core
        total = ndimage.gaussian_filter(height, AROUND)
        one_way = np.hypot(ndimage.gaussian_filter(height * c, AROUND), ndimage.gaussian_filter(height * s, AROUND))
        strength = np.maximum(strength, np.maximum(total - one_way, 0))
    smooth = ndimage.gaussian_filter(grey, SMOOTH)
    closed = ndimage.grey_closing(smooth, footprint=morphology.disk(MESH))
    seed = np.full_like(smooth, smooth.max())
    seed[0], seed[-1], seed[:, 0], seed[:, -1] = smooth[0], smooth[-1], smooth[:, 0], smooth[:, -1]
    filled = morphology.reconstruction(seed, smooth, method="erosion")
    mesh = np.minimum(closed, filled) - smooth
    return {
        "network_strength": float(strength[core].mean()),
        "mesh_depth": float(max(mesh[core].mean() - np.median(mesh[ring]), 0)),
    }
