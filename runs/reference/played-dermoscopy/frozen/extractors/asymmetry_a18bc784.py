"""Asymmetry of contour and pigment across two perpendicular axes."""

import cv2
import numpy as np
from scipy import ndimage

CRITERION = "asymmetry"
FEATURES = {
    "shape_asymmetry": {
        "unit": "fraction", "range": [0, 1], "direction": "up",
        "meaning": "half the area where mask and mirror image differ over the mask's area, mean of the two "
        "perpendicular axes through the centroid where that mean is least",
    },
    "colour_asymmetry": {
        "unit": "ratio", "range": [0, 3], "direction": "up",
        "meaning": "mean absolute difference of smoothed density above skin between mirrored points over the mean "
        "density above skin, mean of the two perpendicular axes where that mean is least",
    },
    "pigment_shift": {
        "unit": "ratio", "range": [0, 1], "direction": "up",
        "meaning": "distance from the centroid of the mask to the centroid of density above skin inside the mask, "
        "over the root of the area",
    },
}
WORK = 96  # pixels, root of the lesion's area after resampling
MARGIN = 0.8  # crop beyond the lesion's box, in roots of the area
SMOOTH_MASK = 2.0  # pixels, takes jags of a hand-drawn mask off
HAIR = 7  # pixels, median window that drops hairs up to half its width
SMOOTH = 2.5  # pixels, smoothing of density before mirroring
MIN_DENSITY = 0.05  # log10, least mean density that is divided by
STEPS = 36  # angles in half a turn, 5 degrees apart
CLIP = 2.5  # robust standard deviations kept in the ring
MAD_TO_SD = 1.4826  # normal consistency
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


def above_skin(linear, ring):
    """Density above a plane fitted to the skin ring, per channel: light gradient and colour cast fall out."""
    density = -np.log10(np.maximum(linear, FLOOR))
    y, x = np.mgrid[:ring.shape[0], :ring.shape[1]] / WORK
    plane = np.stack([np.ones_like(x), x, y], axis=-1)
    out = np.empty_like(density)
    for c in range(density.shape[2]):
        points, values = plane[ring], density[..., c][ring]
        gap = np.abs(values - np.median(values))
        keep = gap <= CLIP * MAD_TO_SD * np.median(gap) + TINY
        fit = np.linalg.lstsq(points[keep], values[keep], rcond=None)[0]
        out[..., c] = density[..., c] - plane @ fit
    return out


def extract(image, mask):
    ready = at_work_scale(image, mask)
    if ready is None:
        return {name: float("nan") for name in FEATURES}
    linear, lesion, ring = ready
    density = above_skin(linear, ring)
    density = np.stack([ndimage.median_filter(density[..., c], HAIR) for c in range(density.shape[2])], axis=-1)
    density = ndimage.gaussian_filter(density, (SMOOTH, SMOOTH, 0)).astype(np.float32)
    soft = ndimage.gaussian_filter(lesion.astype(np.float32), SMOOTH_MASK)
    body = (soft > HALF).astype(np.float32)
    if not body.any():
        return {name: float("nan") for name in FEATURES}
    frame = np.ones_like(body)
    cy, cx = ndimage.center_of_mass(body)
    level = max(float(np.abs(density[body > 0]).mean()), MIN_DENSITY)
    shape, colour = np.zeros(STEPS), np.zeros(STEPS)
    for k in range(STEPS):
        c, s = np.cos(2 * np.pi * k / STEPS), np.sin(2 * np.pi * k / STEPS)
        mirror = np.array([[c, s, cx - c * cx - s * cy], [s, -c, cy - s * cx + c * cy]])
        size = (body.shape[1], body.shape[0])
        other = cv2.warpAffine(body, mirror, size)
        seen = cv2.warpAffine(frame, mirror, size) > HALF  # mirror point lies inside the picture
        shape[k] = np.abs(body - other)[seen].sum() / (2 * body[seen].sum() + TINY)
        both = (body > HALF) & (other > HALF)
        turned = cv2.warpAffine(density, mirror, size)
        colour[k] = np.abs(density - turned)[both].mean() / level if both.any() else np.nan
    shape = (shape + np.roll(shape, STEPS // 2)) / 2
    colour = (colour + np.roll(colour, STEPS // 2)) / 2
    weight = np.maximum(density.mean(axis=2), 0) * body
    shift = float("nan")
    if weight.sum() > TINY:
        wy, wx = ndimage.center_of_mass(weight)
        shift = float(np.hypot(wy - cy, wx - cx) / np.sqrt(body.sum()))
    least = float(np.nanmin(colour)) if np.isfinite(colour).any() else float("nan")
    return {"shape_asymmetry": float(shape.min()), "colour_asymmetry": least, "pigment_shift": shift}
