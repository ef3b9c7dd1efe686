"""Network: light meshes, each closed in by dark lines, with hairs filled before."""

import cv2
import numpy as np
from scipy import ndimage
from skimage import morphology

CRITERION = "network"
FEATURES = {
    "mesh_share": {
        "unit": "fraction", "range": [0, 1], "direction": "up",
        "meaning": "share of the lesion that lies in small light meshes closed in by dark lines at least 0.03 denser, "
        "hairs filled before, minus the same share of the skin ring",
    },
    "mesh_contrast": {
        "unit": "ratio", "range": [0, 1], "direction": "up",
        "meaning": "median depth of these meshes below their rims times their share, over the lesion's median density "
        "above skin",
    },
}
WORK = 160  # pixels, root of the lesion's area after resampling
MARGIN = 0.3  # crop beyond the lesion's box, in roots of the area
RIM = 0.04  # root areas taken off the lesion: the edge is no line
MESH = 8  # pixels, radius of the largest mesh
SMOOTH = 1.2  # pixels, against noise
DEPTH = 0.03  # log10, least depth of a mesh
MIN_DENSITY = 0.1  # log10, least density that is divided by
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


def extract(image, mask):
    ready = at_work_scale(image, mask)
    nothing = {name: float("nan") for name in FEATURES}
    if ready is None:
        return nothing
    linear, lesion, ring = ready
    density = -np.log10(np.maximum(linear, FLOOR)).astype(float)
    grey = without_hair(density, lesion).mean(axis=2)
    grey = grey - np.median(grey[ring])
    core = ndimage.distance_transform_edt(np.pad(lesion, 1))[1:-1, 1:-1] > RIM * WORK
    if not core.any():
        return nothing
    smooth = ndimage.gaussian_filter(grey, SMOOTH)
    closed = ndimage.grey_closing(smooth, footprint=morphology.disk(MESH))
    seed = np.full_like(smooth, smooth.max())
    seed[0], seed[-1], seed[:, 0], seed[:, -1] = smooth[0], smooth[-1], smooth[:, 0], smooth[:, -1]
    filled = morphology.reconstruction(seed, smooth, method="erosion")
    depth = np.minimum(closed, filled) - smooth
    mesh = depth > DEPTH
    share = max(float(mesh[core].mean() - mesh[ring].mean()), 0)
    deep = float(np.median(depth[core & mesh])) if (core & mesh).any() else 0
    return {
        "mesh_share": share,
        "mesh_contrast": float(deep * share / max(float(np.median(grey[core])), MIN_DENSITY)),
    }
