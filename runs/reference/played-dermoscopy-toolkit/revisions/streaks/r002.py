"""Streaks: dark lines that run outward at the margin, against lines along the margin."""

import numpy as np
import toolkit as tk
from scipy import ndimage

CRITERION = "streaks"
FEATURES = {
    "streak_radiality": {
        "unit": "ratio",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "mean over sectors of the band about the outline of curvature of density across outward lines minus that across lines along the margin, over their sum; lines that run on past the edge left out",
    },
    "streak_coverage": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "mean over sectors of the band of the excess of outward lines over lines along the margin, each counted up to a fixed contrast; lines that run on past the edge left out",
    },
}
NEAR, FAR = 0.03, 0.25  # ring of skin, in roots of the lesion's area
MIN_PIXELS = 100  # of the ring, as the task asks
OUTSIDE, INSIDE = -0.08, 0.15  # band about the outline, in roots of the area
BIN = 0.02  # step of the radial profile that is taken off, same unit
LINE = 0.016  # half width of a line, same unit
PAST = -0.14  # a line that reaches this far out is a hair, same unit
HAIR_WIDTHS, HAIR_HEIGHT = (0.006, 0.012), 0.03  # of what may be a hair: shares of the shorter side, log10
MARGIN = 0.025  # around a hair, in roots of the area
LEAST = 0.3  # part of a sector that must be left to count it
SECTORS = 24  # around the outline
FULL = 0.015  # log10: excess at which a sector counts whole
NOISE = 0.002  # log10: keeps the ratio near 0 where there are no lines


def running_on(density, depth, size):
    """Return the thin lines that run on past the lesion's edge, with a margin."""
    lines = (tk.ridges(density, widths=HAIR_WIDTHS, dark=False) > HAIR_HEIGHT) & (depth < INSIDE)
    names, _ = ndimage.label(lines, structure=np.ones((2 + 1, 2 + 1)))
    far = np.isin(names, np.unique(names[lines & (depth < PAST)])) & lines
    return ndimage.distance_transform_edt(~far) <= MARGIN * size if far.any() else far


def extract(image, mask):
    nothing = dict.fromkeys(FEATURES, float("nan"))
    lesion = tk.smoothed(tk.filled(tk.largest(mask)))
    left_out = tk.hair_mask(image) | tk.dark_corners(image) | tk.ruler_mask(image)
    ring = tk.skin_ring(mask, near=NEAR, far=FAR) & ~left_out
    if lesion.sum() < MIN_PIXELS or ring.sum() < MIN_PIXELS:
        return nothing
    size = float(np.sqrt(lesion.sum()))
    depth = np.array(tk.signed_distance(lesion))
    density = np.array(tk.density(tk.without_hair(image)))
    whole = (depth > OUTSIDE) & (depth < INSIDE)
    band = whole & ~left_out & ~running_on(density, depth, size)
    if band.sum() < MIN_PIXELS:
        return nothing
    level = np.floor((depth - depth.min()) / BIN).astype(int)
    profile = np.bincount(level.ravel(), density.ravel()) / np.maximum(np.bincount(level.ravel()), 1)
    flat = density - ndimage.gaussian_filter(profile[level], BIN * size)
    width = max(LINE * size, 1)
    rr, cc, rc = (ndimage.gaussian_filter(flat, width, order=order) * width**2 for order in ((2, 0), (0, 2), (1, 1)))
    slow = ndimage.gaussian_filter(depth, 2 * width)
    down, across = np.gradient(slow)
    length = np.maximum(np.hypot(down, across), np.finfo(float).tiny)
    down, across = down / length, across / length
    along = np.maximum(-(down**2 * rr + across**2 * cc + 2 * down * across * rc), 0)
    outward = np.maximum(-(across**2 * rr + down**2 * cc - 2 * down * across * rc), 0)
    rows, columns = np.indices(mask.shape)
    centre = np.argwhere(lesion).mean(axis=0)
    turn = np.arctan2(rows - centre[0], columns - centre[1]) / (2 * np.pi) + 1
    sector = np.floor(turn * SECTORS).astype(int) % SECTORS
    count = np.bincount(sector[band], minlength=SECTORS)
    left = count > LEAST * np.bincount(sector[whole], minlength=SECTORS)
    if not left.any():
        return nothing
    out = np.bincount(sector[band], outward[band], minlength=SECTORS)[left] / count[left]
    by = np.bincount(sector[band], along[band], minlength=SECTORS)[left] / count[left]
    return {
        "streak_radiality": float(((out - by) / (out + by + NOISE)).mean()),
        "streak_coverage": float(np.clip((out - by) / FULL, 0, 1).mean()),
    }
