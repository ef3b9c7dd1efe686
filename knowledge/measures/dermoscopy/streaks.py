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
SIDE = 256
THINNED_BY = 128
MIN_PX = 200
VARIANTS = {"STEP": [0.009, 0.016], "RIM_FROM": [0.0, 0.04], "RIM_TO": [0.16, 0.25], "SECTORS": [24, 48]}
NAN = float("nan")


def outward(depth, blur):
    """Return at each pixel the unit vector along which the depth below the outline falls."""
    smooth = cv2.GaussianBlur(depth, (0, 0), blur)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)
    size = np.sqrt(dx * dx + dy * dy) + np.float32(1e-9)
    return -dx / size, -dy / size


def above_both(dense, here, rows, columns, down, right):
    """Density over the denser of the two points a step away on either side: lines stand out, steps do not."""
    one, other = (
        cv2.remap(dense, columns + right * by, rows + down * by, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        for by in (np.float32(1), np.float32(-1))
    )
    return np.maximum(here - np.maximum(one, other), 0)


def levelled(dense, depth):
    """Take off the mean density at each depth: on a round margin, beside means farther out."""
    place = np.clip((depth + 0.4) * 100, 0, 80).astype(np.uint8)
    count = np.maximum(np.bincount(place.ravel(), minlength=256), 1)
    mean = np.bincount(place.ravel(), weights=dense.ravel(), minlength=256) / count
    return dense - cv2.LUT(place, mean.astype(np.float32))


def prepared(image, mask, depth):
    """Density without its mean at each depth, and the way out of the lesion on a coarser grid."""
    side = min(mask.shape)
    every = max(1, side // THINNED_BY)
    dense = cv2.GaussianBlur(tk.density(tk.without_hair(image), floor=FLOOR), (0, 0), max(0.7, LINE * side))
    blur = max(1.0, 0.03 * np.sqrt(np.count_nonzero(mask)))
    ways = outward(np.ascontiguousarray(depth[::every, ::every]), blur / every)
    return levelled(dense, depth), np.stack(ways), every


def lines(dense, ways, every, rows, columns):
    """Contrast of dark lines that run outward, and of those along the margin, at some places."""
    step = np.float32(max(2.0, STEP * min(dense.shape)))
    out_x, out_y = step * ways[:, rows // every, columns // every]
    at = (dense, dense[rows, columns], rows.astype(np.float32), columns.astype(np.float32))
    return above_both(*at, out_x, -out_y), above_both(*at, out_y, out_x)


def places(region, every):
    """Rows and columns of a region's pixels, every other one of a large region, in a table for cv2.remap."""
    if every > 1:
        region = region.copy()
        region[::2, 1::2] = region[1::2, ::2] = False
    return tuple(one[: len(one) // 16 * 16].reshape(-1, 16) for one in np.nonzero(region))


def coverage(radial, rows, columns, skin):
    """Share of the rim's sectors with outward lines beyond skin's, each counted up to a fixed contrast."""
    turn = np.arctan2(np.float32(rows - rows.mean()), np.float32(columns - columns.mean())) / (2 * np.pi)
    sector = np.minimum(((turn + 0.5) * SECTORS).astype(int), SECTORS - 1).ravel()
    count = np.bincount(sector, minlength=SECTORS)
    mean = np.bincount(sector, weights=radial.ravel(), minlength=SECTORS) / np.maximum(count, 1)
    return float(np.clip((mean - skin)[count > 0] / STANDS_OUT, 0, 1).mean())


def extract(image, mask):
    """Measure streaks in the rim of the lesion; NaN where the rim is too thin."""
    image, mask = tk.reduced(image, SIDE), tk.reduced(mask, SIDE)
    depth, free = tk.signed_distance(mask), ~tk.hair_mask(image)
    rim = (depth > RIM_FROM) & (depth <= RIM_TO)
    if mask.all() or np.count_nonzero(rim) < MIN_PX:
        return {name: NAN for name in FEATURES}
    dense, ways, every = prepared(image, mask, depth)
    outside = (depth < -RIM_FROM) & (depth >= -RIM_TO) & ~tk.dark_corners(image)
    around, skin = places(outside, every), 0.0
    if around[0].size * every >= MIN_PX:
        skin = float((lines(dense, ways, every, *around)[0] * free[around]).mean())
    rows, columns = places(rim, every)
    radial, tangential = (one * free[rows, columns] for one in lines(dense, ways, every, rows, columns))
    apart, both = float((radial - tangential).sum()), float((radial + tangential).sum())
    return {
        "streak_radiality": apart / (both + 1e-6),
        "streak_coverage": coverage(radial, rows, columns, skin),
    }
