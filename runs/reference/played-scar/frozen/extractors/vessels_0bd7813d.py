"""Vessels: fine red ridges inside the scar, beyond those that the skin around it shows."""

import cv2
import numpy as np
from scipy import ndimage

CRITERION = "vessels"
FEATURES = {
    "vessel_strength": {
        "unit": "log10",
        "range": [-0.2, 0.4],
        "direction": "up",
        "meaning": "95th percentile minus median of the strength of fine ridges in log10(R/G), scar without its border minus the ring",
    },
    "vessel_density": {
        "unit": "fraction",
        "range": [-0.1, 1],
        "direction": "up",
        "meaning": "share of the scar without its border whose red ridges exceed the 97th percentile of those of the ring, less the 0.03 expected by chance",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
REACH_FRAC = 0.3  # margin of the cut-out, in square roots of the lesion's area
RING_INNER, RING_OUTER = 0.08, 0.25  # ring of normal skin, in square roots of the lesion's area
MIN_PIXELS = 60  # below this a median is unsteady
SIDE = 200.0  # larger scars are reduced to this square root of area, pixels
RIDGE_FRAC = 0.01  # width of a ridge (sigma), in square roots of the area
RIDGE_LEAST = 1.0  # least sigma, pixels
BORDER = 3.0  # border of the scar left out, in sigmas
UPPER = 95  # percentile of a strong ridge
CHANCE = 97  # percentile of the ring that a ridge must exceed
WHOLE = 100.0  # per cent
MIDWAY = 0.5  # level of a reduced mask


def log_light(image):
    """Return log10 of linear light, one plane a channel."""
    code = image.astype(np.float32) / CODE_MAX
    curve = ((code + CURVE_SHIFT) / (1 + CURVE_SHIFT)) ** CURVE_POWER
    return np.log10(np.maximum(np.where(code <= KNEE, code / KNEE_SLOPE, curve), DARK))


def cut_out(image, mask):
    """Return image and mask around the lesion."""
    reach = int(np.ceil(REACH_FRAC * np.sqrt(mask.sum()))) + 2
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    part = (
        slice(max(0, rows[0] - reach), rows[-1] + reach + 1),
        slice(max(0, cols[0] - reach), cols[-1] + reach + 1),
    )
    return image[part], mask[part]


def ring_around(mask):
    """Return the normal skin around the lesion as a mask."""
    size = np.sqrt(mask.sum())
    distance = ndimage.distance_transform_edt(~mask)
    return (distance >= RING_INNER * size) & (distance <= RING_OUTER * size)


def reduced(image, mask):
    """Return image and mask, made smaller where the scar is large."""
    scale = SIDE / np.sqrt(mask.sum())
    if scale >= 1:
        return image, mask
    shape = (max(1, int(round(mask.shape[1] * scale))), max(1, int(round(mask.shape[0] * scale))))
    small = cv2.resize(image, shape, interpolation=cv2.INTER_AREA)
    return small, cv2.resize(mask.astype(np.float32), shape, interpolation=cv2.INTER_AREA) > MIDWAY


def ridges(plane, sigma):
    """Return the strength of bright ridges: curvature across less that along."""
    down = ndimage.gaussian_filter(plane, sigma, order=(2, 0))
    right = ndimage.gaussian_filter(plane, sigma, order=(0, 2))
    cross = ndimage.gaussian_filter(plane, sigma, order=(1, 1))
    mean, root = (down + right) / 2, np.hypot((down - right) / 2, cross)
    return sigma**2 * np.maximum(0, root - mean - np.abs(mean + root))


def extract(image, mask):
    nothing = {"vessel_strength": float("nan"), "vessel_density": float("nan")}
    if mask.sum() < MIN_PIXELS:
        return nothing
    image, mask = reduced(*cut_out(np.ascontiguousarray(image), mask))
    ring = ring_around(mask)
    sigma = max(RIDGE_LEAST, RIDGE_FRAC * np.sqrt(mask.sum()))
    inner = ndimage.distance_transform_edt(mask) > BORDER * sigma
    if min(inner.sum(), ring.sum()) < MIN_PIXELS:
        return nothing
    light = log_light(image)
    strength = ridges(light[..., 0] - light[..., 1], sigma)
    scar, skin = strength[inner], strength[ring]
    excess = [np.percentile(part, UPPER) - np.median(part) for part in (scar, skin)]
    share = (scar > np.percentile(skin, CHANCE)).mean() - (WHOLE - CHANCE) / WHOLE
    return {"vessel_strength": float(excess[0] - excess[1]), "vessel_density": float(share)}
