"""Height: shading of the flank over the direction in which the border faces, against the skin outside."""

import numpy as np
from scipy import ndimage

CRITERION = "height"
FEATURES = {
    "edge_shading": {
        "unit": "log10",
        "range": [0, 1],
        "direction": "up",
        "meaning": "first harmonic of log10 R over border direction, flank minus ring, after taking out the plane that fits the ring; linear light",
    },
    "flank_contrast": {
        "unit": "log10",
        "range": [-0.3, 1.5],
        "direction": "up",
        "meaning": "median log10 R of the flank facing the light minus that of the flank facing away, less the same outside; linear light",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
REACH_FRAC = 0.3  # margin of the cut-out, in square roots of the lesion's area
RING_INNER, RING_OUTER = 0.08, 0.25  # ring of normal skin, in square roots of the lesion's area
MIN_PIXELS = 60  # below this a median is unsteady
EDGE_FRAC = 0.015  # outermost flank left out, in square roots of the area: error of the mask
FLANK_FRAC = 0.12  # depth of the flank, same unit
FLANK_SHARE = 0.6  # depth of the flank, share of the largest depth, at most
SMOOTH_FRAC = 0.03  # smoothing of the distance map before its direction is taken
FACING = 0.5  # cosine of 60 degrees: a third of all directions faces the light


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


def harmonic(plane, cosine, sine):
    """Return the two first-harmonic coefficients over border direction."""
    columns = np.stack([np.ones_like(plane), cosine, sine], axis=1)
    return np.linalg.lstsq(columns, plane, rcond=None)[0][1:]


def flattened(plane, ring):
    """Return the plane less the tilted plane that fits the ring."""
    rows, cols = np.indices(plane.shape)
    columns = np.stack([np.ones(plane.shape), rows, cols], axis=2)
    fit = np.linalg.lstsq(columns[ring], plane[ring], rcond=None)[0]
    return plane - columns @ fit


def extract(image, mask):
    nothing = {"edge_shading": float("nan"), "flank_contrast": float("nan")}
    if mask.sum() < MIN_PIXELS:
        return nothing
    image, mask = cut_out(image, mask)
    size = np.sqrt(mask.sum())
    ring = ring_around(mask)
    depth = ndimage.distance_transform_edt(mask)
    flank = (depth > EDGE_FRAC * size) & (depth <= min(FLANK_FRAC * size, FLANK_SHARE * depth.max()))
    if min(ring.sum(), flank.sum()) < MIN_PIXELS:
        return nothing
    outward = ndimage.gaussian_filter(
        ndimage.distance_transform_edt(~mask) - depth, max(1, SMOOTH_FRAC * size)
    )
    angle = np.arctan2(*np.gradient(outward))
    shade = flattened(log_light(image)[..., 0].astype(float), ring)
    inside = harmonic(shade[flank], np.cos(angle[flank]), np.sin(angle[flank]))
    outside = harmonic(shade[ring], np.cos(angle[ring]), np.sin(angle[ring]))
    first = inside - outside
    lit = np.cos(angle - np.arctan2(first[1], first[0]))
    spans = []
    for part in (flank, ring):
        bright, dim = shade[part & (lit > FACING)], shade[part & (lit < -FACING)]
        if min(bright.size, dim.size) < 1:
            return {"edge_shading": float(np.hypot(*first)), "flank_contrast": float("nan")}
        spans.append(np.median(bright) - np.median(dim))
    return {"edge_shading": float(np.hypot(*first)), "flank_contrast": float(spans[0] - spans[1])}
