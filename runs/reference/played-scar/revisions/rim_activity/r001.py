"""Rim activity: rim of the scar redder than its centre, measured inside the scar only."""

import numpy as np
from scipy import ndimage

CRITERION = "rim_activity"
FEATURES = {
    "rim_minus_centre_ei": {
        "unit": "log10",
        "range": [-0.5, 0.5],
        "direction": "up",
        "meaning": "median log10(R/G) in linear light of the outer third of the depth minus that of the inner half, the outermost tenth left out",
    },
    "depth_slope": {
        "unit": "log10",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "fall of log10(R/G) in linear light from rim to deepest point: minus the least-squares slope of band medians over relative depth",
    },
}
CODE_MAX = 255.0  # largest code of an 8-bit channel
KNEE, KNEE_SLOPE, CURVE_SHIFT, CURVE_POWER = 0.04045, 12.92, 0.055, 2.4  # sRGB decoding, IEC 61966-2-1
DARK = 0.0005  # floor of linear light, so that logarithms stay finite
REACH_FRAC = 0.3  # margin of the cut-out, in square roots of the lesion's area
EDGE = 0.1  # relative depth left out, for error of the mask and blur
RIM_END = 0.35  # relative depth where the rim ends
CENTRE_START = 0.55  # relative depth where the centre starts
BANDS = 6  # bands of depth for the slope
MIN_PIXELS = 60  # below this a median is unsteady
MIN_BAND = 15  # pixels below which a band is left out
MIN_BANDS = 4  # bands that a slope needs


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


def slope_of(redness, depth):
    """Return minus the slope of band medians over relative depth."""
    edges = np.linspace(EDGE, 1, BANDS + 1)
    middles, medians = [], []
    for low, high in zip(edges[:-1], edges[1:]):
        band = (depth > low) & (depth <= high)
        if band.sum() >= MIN_BAND:
            middles.append((low + high) / 2)
            medians.append(float(np.median(redness[band])))
    if len(medians) < MIN_BANDS:
        return float("nan")
    return float(-np.polyfit(middles, medians, 1)[0])


def extract(image, mask):
    if mask.sum() < MIN_PIXELS:
        return {"rim_minus_centre_ei": float("nan"), "depth_slope": float("nan")}
    image, mask = cut_out(image, mask)
    light = log_light(image)
    inside = np.pad(mask, 1)
    depth = ndimage.distance_transform_edt(inside)[1:-1, 1:-1]
    depth = depth[mask] / depth.max()
    redness = (light[..., 0] - light[..., 1])[mask]
    rim = redness[(depth > EDGE) & (depth <= RIM_END)]
    centre = redness[depth >= CENTRE_START]
    difference = float("nan")
    if min(rim.size, centre.size) >= MIN_PIXELS:
        difference = float(np.median(rim) - np.median(centre))
    return {"rim_minus_centre_ei": difference, "depth_slope": slope_of(redness, depth)}
