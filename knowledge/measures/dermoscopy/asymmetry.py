"""Asymmetry of outline and colour about the best pair of perpendicular axes.

Source: A of the ABCD rule (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559): two perpendicular axes are
laid so that asymmetry is least, then contour and colour are compared across each.
"""

import cv2
import numpy as np
import toolkit as tk

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
    "colour_difference": {
        "unit": "CIELAB",
        "range": [0, 100],
        "direction": "up",
        "meaning": "mean colour difference between a point and its mirror image, mean of two axes",
    },
}
GRID = 48
AXIS_STEP_DEG = 10
BLUR = 0.06
MIN_PX = 64
HAIR_SIDE = 256
SIDE = 160
MIN_RING_PX = 60
COLOUR_WEIGHT = 40.0
VARIANTS = {"GRID": [64, 96], "AXIS_STEP_DEG": [15, 30], "BLUR": [0.03, 0.1]}
EVEN = (1 / 3, 1 / 3, 1 / 3)
NAN = float("nan")


def planes_of(image, mask):
    """CIELAB, density above skin (NaN without any) and mask, at about GRID pixels."""
    clean = tk.reduced(tk.without_hair(tk.reduced(image, HAIR_SIDE)), SIDE)
    mask = tk.reduced(tk.reduced(mask, HAIR_SIDE), SIDE)
    dense = tk.density(clean, EVEN)
    around = dense[tk.skin_ring(mask) & ~tk.dark_corners(clean)]
    skin = np.median(around) if len(around) >= MIN_RING_PX else NAN
    pigment = np.clip(dense - skin, 0, None).astype(np.float32)
    factor = min(1.0, GRID / (2.4 * np.sqrt(np.count_nonzero(mask))))
    size = (max(8, round(mask.shape[1] * factor)), max(8, round(mask.shape[0] * factor)))
    planes = [*cv2.split(tk.lab(clean)), pigment, mask.astype(np.float32)]
    return cv2.merge([cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in planes])


def upright(field, centre, root, angle):
    """Turn a field by an angle about the lesion's centre (x, y) into a small grid of fixed size."""
    step = 2.4 * root / GRID
    c, s = np.cos(angle) * step, np.sin(angle) * step
    half = (GRID - 1) / 2
    move = np.array([[c, -s, centre[0] - c * half + s * half], [s, c, centre[1] - s * half - c * half]])
    return cv2.warpAffine(field, move, (GRID, GRID), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def across(grid):
    """Non-overlap with the mirror images, and mean differences where both lie, over two axes."""
    shape, apart, whole = 0.0, 0.0, grid[4].sum() + 1e-6
    for one in (grid, grid.transpose(0, 2, 1)):
        half = GRID // 2  # both halves differ alike
        here, there = one[:, :half], one[:, : half - 1 : -1]
        both = here[4] * there[4]
        shape += float(np.abs(here[4] - there[4]).sum() / (2 * whole))
        apart += np.einsum("chw,hw->c", np.abs(here[:4] - there[:4]), both) / (both.sum() + 5e-7)
    return shape, apart / 2


def extract(image, mask):
    """Measure asymmetry; NaN for a region too small, and of density without skin around."""
    if np.count_nonzero(mask) < MIN_PX:
        return {name: NAN for name in FEATURES}
    planes = planes_of(image, mask)
    solid = planes[:, :, 4]
    root, moments = float(np.sqrt(solid.sum())), cv2.moments(solid)
    centre = (moments["m10"] / moments["m00"], moments["m01"] / moments["m00"])
    soft = cv2.GaussianBlur(planes[:, :, :4], (0, 0), max(0.5, BLUR * root))
    stack = np.dstack([soft, solid])
    turned = [upright(stack, centre, root, angle) for angle in np.deg2rad(np.arange(0, 90, AXIS_STEP_DEG))]
    found = [across(np.ascontiguousarray(one.transpose(2, 0, 1))) for one in turned]
    colour = np.array([np.sqrt((apart[:3] ** 2).sum()) for _, apart in found])
    shape = np.array([one for one, _ in found])
    best = int(np.argmin(shape + colour / COLOUR_WEIGHT))
    apart, mean = found[best][1], (soft * solid[:, :, None]).sum(axis=(0, 1)) / solid.sum()
    seen = bool(mean[3] > 0.01)
    return {
        "shape_asymmetry": float(shape[best]),
        "colour_asymmetry": float(apart[3] / mean[3]) if seen else NAN,
        "colour_difference": float(colour[best]),
    }
