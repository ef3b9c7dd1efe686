"""Radial lines at the margin: how much of the rim's line work points outward, and around how much of it.

Sources: branched streaks of the ABCD rule's D (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559);
orientation of lines in the rim (Sadeghi M et al. IEEE Trans Med Imaging 2013;32:849-861). A line is denser
than both of its sides, which an edge is not. Hairs are filled, and skin's own lines are taken off.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "streaks"
FEATURES = {
    "streak_radiality": {
        "unit": "ratio",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "contrast of outward lines minus that of lines along the margin, over their sum",
    },
    "streak_coverage": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the rim's sectors with outward lines, each counted up to a fixed contrast",
    },
}
LINE = 0.003
STEP = 0.012
RIM_FROM = 0.02
RIM_TO = 0.2
SECTORS = 36
STANDS_OUT = 0.012
FLOOR = 0.01
MIN_PX = 200
VARIANTS = {
    "STEP": [0.009, 0.016],
    "RIM_FROM": [0.0, 0.04],
    "RIM_TO": [0.16, 0.25],
    "SECTORS": [24, 48],
    "STANDS_OUT": [0.008, 0.02],
}
NAN = float("nan")


def crop(image, mask):
    """Cut the lesion out with a margin of skin, and return the frame's shorter side."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    far = int(0.3 * np.sqrt(mask.sum())) + 4
    box = np.s_[max(0, rows[0] - far) : rows[-1] + far, max(0, columns[0] - far) : columns[-1] + far]
    seen = ~tk.dark_corners(image)[box]
    return tk.without_hair(image)[box], mask[box], ~tk.hair_mask(image)[box], seen, min(mask.shape)


def outward(depth, blur):
    """Return at each pixel the unit vector along which the depth below the outline falls."""
    smooth = cv2.GaussianBlur(depth, (0, 0), blur)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)
    size = np.sqrt(dx * dx + dy * dy) + 1e-9
    return -dx / size, -dy / size


def above_both(dense, x, y, dx, dy):
    """Density over the denser of the two points a step away on either side: lines stand out, steps do not."""
    one = cv2.remap(dense, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    other = cv2.remap(dense, x - dx, y - dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.clip(dense - np.maximum(one, other), 0, None)


def levelled(dense, depth):
    """Take off the mean density at each depth: on a round margin, beside means farther out."""
    place = np.clip((depth + 0.4) * 100, 0, 80).astype(np.intp)
    count = np.maximum(np.bincount(place.ravel(), minlength=81), 1)
    mean = np.bincount(place.ravel(), weights=dense.ravel(), minlength=81) / count
    return dense - mean.astype(np.float32)[place]


def lines(image, mask, depth, free, side):
    """Contrast of dark lines that run outward, and of those that run along the margin; 0 on hairs."""
    dense = cv2.transform(tk.optical_density(image, FLOOR), np.array([[0.5, 0.5, 0.0]]))
    dense = levelled(cv2.GaussianBlur(dense, (0, 0), max(0.7, LINE * side)), depth)
    out_x, out_y = outward(depth, max(1.0, 0.03 * np.sqrt(mask.sum())))
    y, x = np.indices(mask.shape, dtype=np.float32)
    step = np.float32(max(2.0, STEP * side))
    radial = above_both(dense, x, y, -step * out_y, step * out_x)
    tangential = above_both(dense, x, y, step * out_x, step * out_y)
    return radial * free, tangential * free


def extract(image, mask):
    """Measure streaks in the rim of the lesion; NaN where the rim is too thin."""
    if not mask.any() or mask.all():
        return {name: NAN for name in FEATURES}
    image, mask, free, seen, side = crop(image, mask)
    depth = tk.signed_distance(mask)
    rim = (depth > RIM_FROM) & (depth <= RIM_TO)
    if rim.sum() < MIN_PX:
        return {name: NAN for name in FEATURES}
    radial, tangential = lines(image, mask, depth, free, side)
    outside = (depth < -RIM_FROM) & (depth >= -RIM_TO) & seen
    skin = float(radial[outside].mean()) if outside.sum() >= MIN_PX else 0.0
    rows, columns = np.nonzero(rim)
    turn = np.arctan2(np.float32(rows - rows.mean()), np.float32(columns - columns.mean())) / (2 * np.pi)
    sector = np.minimum(((turn + 0.5) * SECTORS).astype(int), SECTORS - 1)
    count = np.bincount(sector, minlength=SECTORS)
    mean = np.bincount(sector, weights=radial[rim], minlength=SECTORS) / np.maximum(count, 1)
    both = float(radial[rim].sum() + tangential[rim].sum())
    return {
        "streak_radiality": float(radial[rim].sum() - tangential[rim].sum()) / (both + 1e-6),
        "streak_coverage": float(np.clip((mean - skin)[count > 0] / STANDS_OUT, 0, 1).mean()),
    }
