"""Border: along how many eighths of the outline the pigment ends abruptly."""

import numpy as np
import toolkit as tk
from scipy import special

CRITERION = "border"
FEATURES = {
    "abrupt_eighths": {
        "unit": "eighths",
        "range": [0, 8],
        "direction": "up",
        "meaning": "sum over eighths of a soft vote whether the steepest band of 0.06 roots of the area holds more than 0.55 of the fall of density from lesion to skin",
    },
    "edge_width": {
        "unit": "ratio",
        "range": [0, 0.5],
        "direction": "down",
        "meaning": "depth over which mean density first climbs from 20 to 80 percent of its fall along the distance to the border, in roots of the area, median over sectors",
    },
}
NEAR, FAR = 0.03, 0.25  # ring of skin, in roots of the lesion's area
MIN_PIXELS = 100  # of the ring, as the task asks
OUTSIDE, INSIDE, BIN = -0.12, 0.36, 0.02  # profile's ends and step, in roots of the area; a loose mask is allowed for
BAND = 3  # bins of the steepest band: 0.06 roots of the area
SKIN_BINS, LESION_BINS = 3, 8  # bins that give the level of skin and of the lesion
EIGHTHS, PARTS = 8, 3  # sectors: three in each eighth, so that a wavy outline is not blurred
LEAST_FALL = 0.04  # log10 of density; below it no edge is judged
HALFWAY, SOFT = 0.55, 0.07  # share of the fall where a vote is even, and its softness
LOW, HIGH = 0.2, 0.8  # of the fall
MIN_EIGHTHS = 5  # fewer, and the outline is cut too much


def profiles(density, mask):
    """Return mean density by sector and depth, NaN where the frame has no pixel."""
    depth = tk.signed_distance(mask)
    rows, columns = np.indices(mask.shape)
    centre = np.argwhere(mask).mean(axis=0)
    turn = np.arctan2(rows - centre[0], columns - centre[1]) / (2 * np.pi) + 1
    sectors, bins = EIGHTHS * PARTS, round((INSIDE - OUTSIDE) / BIN)
    sector = np.floor(turn * sectors).astype(int) % sectors
    level = np.floor((depth - OUTSIDE) / BIN).astype(int)
    used = (level >= 0) & (level < bins)
    index = (sector * bins + level)[used]
    count = np.bincount(index, minlength=sectors * bins)
    total = np.bincount(index, weights=density[used], minlength=sectors * bins)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(sectors, bins)


def judged(profile):
    """Return the steepest band's share of the fall and the depth of the climb."""
    known = np.isfinite(profile)
    if not known[: -LESION_BINS].all():
        return np.nan, np.nan
    profile = profile[known]
    skin = np.median(profile[:SKIN_BINS])
    fall = np.median(profile[-LESION_BINS:]) - skin
    if fall < LEAST_FALL:
        return 0.0, np.nan
    climb = np.maximum.accumulate((profile - skin) / fall)
    depth = np.arange(len(climb)) * BIN
    width = np.interp(HIGH, climb, depth) - np.interp(LOW, climb, depth)
    return (profile[BAND:] - profile[:-BAND]).max() / fall, width


def extract(image, mask):
    nothing = dict.fromkeys(FEATURES, float("nan"))
    ring = tk.skin_ring(mask, near=NEAR, far=FAR) & ~tk.dark_corners(image)
    if mask.sum() < MIN_PIXELS or ring.sum() < MIN_PIXELS:
        return nothing
    density = tk.density(tk.without_hair(image))
    found = np.array([judged(profile) for profile in profiles(density, tk.filled(tk.largest(mask)))])
    shares = found[:, 0].reshape(EIGHTHS, PARTS)
    shares = np.array([np.median(part[np.isfinite(part)]) for part in shares if np.isfinite(part).any()])
    widths = found[np.isfinite(found[:, 1]), 1]
    if len(shares) < MIN_EIGHTHS:
        return nothing
    votes = special.expit((shares - HALFWAY) / SOFT)
    return {
        "abrupt_eighths": float(EIGHTHS * votes.mean()),
        "edge_width": float(np.median(widths)) if len(widths) else float("nan"),
    }
