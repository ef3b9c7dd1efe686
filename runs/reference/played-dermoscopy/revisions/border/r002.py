"""Border: how abruptly pigment ends along the outline."""

import cv2
import numpy as np
from scipy import ndimage
from skimage import measure

CRITERION = "border"
FEATURES = {
    "abrupt_eighths": {
        "unit": "eighths", "range": [0, 8], "direction": "up",
        "meaning": "soft count of eighths of the outline whose median largest share of the fall of density within a "
        "band of 0.06 root areas exceeds 0.6",
    },
    "edge_share": {
        "unit": "fraction", "range": [0, 1.5], "direction": "up",
        "meaning": "largest share of the density's fall across the outline within a band of 0.06 root areas, median "
        "over the points of each eighth, mean over eighths",
    },
    "edge_width": {
        "unit": "ratio", "range": [0, 0.5], "direction": "down",
        "meaning": "depth over which density first climbs from 20 to 80 percent of its fall along the normal, over the "
        "root of the area, median over the outline",
    },
}
WORK = 128  # pixels, root of the lesion's area after resampling
MARGIN = 0.35  # crop beyond the lesion's box, in roots of the area
HAIR = 5  # pixels, median window against hairs
SMOOTH_MASK = 3.0  # pixels, smooth normals
STEP = 0.01  # root areas between samples of a profile
OUTSIDE, INSIDE = -0.18, 0.30  # ends of a profile, in root areas, inside positive
SKIN_TO, CORE_FROM = -0.08, 0.16  # plateaus: outside of the first, inside of the second
BAND = 6  # samples, 0.06 root areas
NEIGHBOURS = 5  # points along the outline in a running median
MIN_FALL = 0.06  # log10, weaker pigment is not called abrupt
ABRUPT, SOFT = 0.6, 0.08  # share that is abrupt, and softness of the step
LOW, HIGH = 0.2, 0.8  # limits of the edge width
EIGHTHS, TOP_SHARE, MIN_POINTS = 8, 1.5, 24  # sectors; cap of a share; least points on the outline
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


def profiles(grey, lesion):
    """Density along the inward normals of the outline, the depths, and the angle of each point; or None."""
    soft = ndimage.gaussian_filter(np.pad(lesion, 1).astype(float), SMOOTH_MASK)[1:-1, 1:-1]
    lines = measure.find_contours(np.pad(soft, 1), HALF)
    if not lines:
        return None
    line = max(lines, key=len) - 1
    inside = (line > 1).all(axis=1) & (line < np.array(grey.shape) - 2).all(axis=1)  # not along the frame
    line = line[inside][::2]
    if len(line) < MIN_POINTS:
        return None
    depth = ndimage.distance_transform_edt(lesion) - ndimage.distance_transform_edt(~lesion)
    slope = np.stack(np.gradient(ndimage.gaussian_filter(depth, SMOOTH_MASK)))
    normal = np.stack([ndimage.map_coordinates(g, line.T, order=1) for g in slope], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), STEP)
    t = np.arange(OUTSIDE, INSIDE + STEP, STEP)
    where = line[:, None, :] + normal[:, None, :] * (t * WORK)[None, :, None]
    lines = ndimage.map_coordinates(grey, where.transpose(2, 0, 1), order=1, mode="nearest")
    lines = ndimage.median_filter(lines, size=(NEIGHBOURS, 1), mode="wrap")
    cy, cx = ndimage.center_of_mass(lesion)
    return lines, t, np.arctan2(line[:, 0] - cy, line[:, 1] - cx)


def extract(image, mask):
    ready = at_work_scale(image, mask)
    nothing = {name: float("nan") for name in FEATURES}
    if ready is None:
        return nothing
    linear, lesion, ring = ready
    grey = -np.log10(np.maximum(linear, FLOOR)).mean(axis=2)
    grey = ndimage.median_filter(grey - np.median(grey[ring]), HAIR)
    found = profiles(grey, lesion)
    if found is None:
        return nothing
    lines, t, angle = found
    skin = np.median(lines[:, t <= SKIN_TO], axis=1)
    fall = np.median(lines[:, t >= CORE_FROM], axis=1) - skin
    rise = (lines[:, BAND:] - lines[:, :-BAND]).max(axis=1)
    share = np.clip(rise / np.maximum(fall, MIN_FALL), 0, TOP_SHARE) * np.clip(fall / MIN_FALL, 0, 1)
    level = np.maximum.accumulate((lines - skin[:, None]) / np.maximum(fall, MIN_FALL)[:, None], axis=1)
    width = ((level > LOW) & (level < HIGH)).sum(axis=1) * STEP
    sector = np.floor((angle + np.pi) / (2 * np.pi) * EIGHTHS).astype(int) % EIGHTHS
    each = np.array([np.median(share[sector == k]) for k in range(EIGHTHS) if (sector == k).any()])
    clear = fall > MIN_FALL
    return {
        "abrupt_eighths": float(EIGHTHS * (1 / (1 + np.exp(-(each - ABRUPT) / SOFT))).mean()),
        "edge_share": float(each.mean()),
        "edge_width": float(np.median(width[clear])) if clear.any() else float("nan"),
    }
