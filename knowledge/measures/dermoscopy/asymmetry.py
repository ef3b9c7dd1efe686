"""Asymmetry of outline and of pigment about the best pair of perpendicular axes.

Source: A of the ABCD rule (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559): two perpendicular
axes are laid so that asymmetry is least, then contour and colour are compared across each.
"""

import cv2
import numpy as np

CRITERION = "asymmetry"
FEATURES = {
    "shape_asymmetry": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "non-overlap of the outline with its mirror image over its area, mean of two axes",
    },
    "colour_asymmetry": {
        "unit": "ratio",
        "range": [0, 3],
        "direction": "up",
        "meaning": "mean difference of optical density across the two axes over mean density",
    },
    "pigment_shift": {
        "unit": "ratio",
        "range": [0, 1],
        "direction": "up",
        "meaning": "distance from the outline's centre to the pigment's centre over the root of the area",
    },
}
GRID = 96
AXIS_STEP_DEG = 10
BLUR = 0.06
RING_INNER = 0.03
RING_OUTER = 0.25
MIN_RING_PX = 100
MIN_LESION_PX = 64
VARIANTS = {
    "GRID": [64, 128],
    "AXIS_STEP_DEG": [15, 30],
    "BLUR": [0.03, 0.1],
    "RING_OUTER": [0.15, 0.35],
}
NAN = float("nan")


def density(image, mask):
    """Optical density of each pixel above that of the skin ring; None where no ring is left."""
    steps = -np.log10((np.arange(256) / 255) ** 2.2 + 0.01)
    grey = steps.astype(np.float32)[image[:, :, :3]].mean(axis=2)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    root = np.sqrt(mask.sum())
    ring = (away > RING_INNER * root) & (away <= RING_OUTER * root)
    if ring.sum() < MIN_RING_PX:
        return None
    return np.clip(grey - np.median(grey[ring]), 0, None)


def upright(field, centre, root, angle):
    """Turn a field by an angle about the lesion's centre (x, y) into a small grid of fixed size."""
    step = 2.2 * root / GRID
    c, s = np.cos(angle) * step, np.sin(angle) * step
    half = (GRID - 1) / 2
    move = np.array([[c, -s, centre[0] - c * half + s * half], [s, c, centre[1] - s * half - c * half]])
    return cv2.warpAffine(field, move, (GRID, GRID), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def mirrored(shape):
    """Non-overlap of a shape with its left-right mirror image, 0 to 1."""
    return float(np.abs(shape - shape[:, ::-1]).sum() / (2 * shape.sum() + 1e-6))


def extract(image, mask):
    """Measure asymmetry; NaN for lesions that are too small or have no skin around them."""
    if mask.sum() < MIN_LESION_PX:
        return {"shape_asymmetry": NAN, "colour_asymmetry": NAN, "pigment_shift": NAN}
    rows, columns = np.nonzero(mask)
    centre, root = (columns.mean(), rows.mean()), np.sqrt(mask.sum())
    solid = mask.astype(np.float32)
    angles = np.deg2rad(np.arange(0, 90, AXIS_STEP_DEG))
    turned = [upright(solid, centre, root, angle) for angle in angles]
    both_ways = [mirrored(one) + mirrored(one.T) for one in turned]
    best = int(np.argmin(np.array(both_ways)))
    shape = both_ways[best] / 2
    dense = density(image, mask)
    if dense is None or dense[mask].mean() < 0.01:
        return {"shape_asymmetry": shape, "colour_asymmetry": NAN, "pigment_shift": NAN}
    smooth = cv2.GaussianBlur(dense * solid, (0, 0), max(0.5, BLUR * root)) * solid
    grid = upright(smooth, centre, root, angles[best])
    across = (np.abs(grid - grid[:, ::-1]).sum() + np.abs(grid - grid[::-1]).sum()) / (2 * grid.sum() + 1e-6)
    weight = smooth[mask] / smooth[mask].sum()
    shift = np.hypot((weight * columns).sum() - centre[0], (weight * rows).sum() - centre[1]) / root
    return {"shape_asymmetry": shape, "colour_asymmetry": float(across), "pigment_shift": float(shift)}
