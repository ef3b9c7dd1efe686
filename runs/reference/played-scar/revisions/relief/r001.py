"""Relief: lumps and folds of the surface, against the texture of the skin around."""

import numpy as np
from scipy import ndimage

CRITERION = "relief"
FEATURES = {
    "relief_ratio": {
        "unit": "log10 ratio",
        "range": [-1.5, 2],
        "direction": "up",
        "meaning": "log10 of the spread of band-passed log10 R, scar without its border over ring, 0.01 added to both so that noise does not rule; linear light",
    },
    "relief_energy": {
        "unit": "log10",
        "range": [-0.2, 0.5],
        "direction": "up",
        "meaning": "spread of band-passed log10 R of the scar without its border minus that of the ring; linear light",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
REACH_FRAC = 0.3  # margin of the cut-out, in square roots of the lesion's area
RING_INNER, RING_OUTER = 0.08, 0.25  # ring of normal skin, in square roots of the lesion's area
MIN_PIXELS = 60  # below this a median is unsteady
FINE_FRAC, COARSE_FRAC = 0.025, 0.07  # band of sizes (sigma), in square roots of the area: coarser than focus and noise
FINE_LEAST = 1.5  # least fine sigma, pixels
BORDER_FRAC = 0.05  # border of the scar left out, same unit: its shading is height
FLOOR = 0.01  # log10 of light, spread of ordinary skin
SPAN = [16, 84]  # percentiles one standard deviation from the middle


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


def smooth_in(plane, part, sigma):
    """Return the plane smoothed inside the part only."""
    weight = ndimage.gaussian_filter(part.astype(np.float32), sigma)
    value = ndimage.gaussian_filter(np.where(part, plane, 0), sigma)
    return value[part] / weight[part]


def spread_in(plane, part, size):
    """Return the robust spread of the band between two sizes."""
    fine = max(FINE_LEAST, FINE_FRAC * size)
    coarse = max(2 * FINE_LEAST, COARSE_FRAC * size)
    band = smooth_in(plane, part, fine) - smooth_in(plane, part, coarse)
    low, high = np.percentile(band, SPAN)
    return (high - low) / 2


def extract(image, mask):
    nothing = {"relief_ratio": float("nan"), "relief_energy": float("nan")}
    if mask.sum() < MIN_PIXELS:
        return nothing
    image, mask = cut_out(image, mask)
    size = np.sqrt(mask.sum())
    ring = ring_around(mask)
    inner = ndimage.distance_transform_edt(mask) > max(1, BORDER_FRAC * size)
    if min(ring.sum(), inner.sum()) < MIN_PIXELS:
        return nothing
    red = log_light(image)[..., 0]
    scar, skin = spread_in(red, inner, size), spread_in(red, ring, size)
    return {
        "relief_ratio": float(np.log10((scar + FLOOR) / (skin + FLOOR))),
        "relief_energy": float(scar - skin),
    }
