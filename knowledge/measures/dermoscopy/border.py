"""Abruptness of the pigment's edge, eighth by eighth.

Source: B of the ABCD rule (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559): the lesion is cut
into eighths and those with an abrupt end of pigment are counted. It asks how sharp, not how ragged.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "border"
FEATURES = {
    "abrupt_eighths": {
        "unit": "eighths",
        "range": [0, 8],
        "direction": "up",
        "meaning": "sum over eighths of the outline of a soft vote on whether pigment ends abruptly there",
    },
    "edge_width": {
        "unit": "ratio",
        "range": [0, 0.4],
        "direction": "down",
        "meaning": "depth over which density climbs from a fifth to four fifths, per root of the area",
    },
}
RAYS = 24
BINS = 14
BAND = 3
OUTSIDE = 0.16
INSIDE = 0.26
ABRUPT_SHARE = 0.75
SOFTNESS = 0.08
MIN_FALL = 0.03
MIN_LESION_PX = 200
HAIR_SIDE = 256
SIDE = 160
VARIANTS = {"OUTSIDE": [0.12, 0.2], "INSIDE": [0.2, 0.32], "BAND": [2, 4], "ABRUPT_SHARE": [0.65, 0.85]}
NAN = float("nan")


def profiles(image, mask):
    """Mean optical density along each ray, from outside to inside: (RAYS, BINS); NaN where empty."""
    clean = tk.reduced(tk.without_hair(tk.reduced(image, HAIR_SIDE)), SIDE)
    grey = tk.density(clean)
    small = tk.reduced(tk.reduced(mask, HAIR_SIDE), SIDE)
    depth, whole = tk.signed_distance(small), cv2.moments(small.astype(np.uint8), binaryImage=True)
    y, x = np.nonzero((depth > -OUTSIDE) & (depth < INSIDE))
    middle = whole["m10"] / max(whole["m00"], 1), whole["m01"] / max(whole["m00"], 1)
    turn = np.arctan2(np.float32(y - middle[1]), np.float32(x - middle[0])) / (2 * np.pi) + 0.5
    ray = np.minimum((turn * RAYS).astype(int), RAYS - 1)
    step = np.minimum(((depth[y, x] + OUTSIDE) / (OUTSIDE + INSIDE) * BINS).astype(int), BINS - 1)
    place = ray * BINS + step
    count = np.bincount(place, minlength=RAYS * BINS).reshape(RAYS, BINS)
    total = np.bincount(place, weights=grey[y, x], minlength=RAYS * BINS).reshape(RAYS, BINS)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def bridged(line):
    """Fill a ray's empty places from their neighbours; all NaN where too many are empty."""
    seen = np.isfinite(line)
    if np.count_nonzero(seen) < BINS - 5:
        return np.full(BINS, NAN)
    place = np.arange(BINS)
    return np.interp(place, place[seen], line[seen])


def edges(lines):
    """Share of the fall in one band, and width of the edge, along each ray; NaN where pigment is too weak."""
    whole = np.isfinite(lines).all(axis=1)
    lines = np.array([line if full else bridged(line) for line, full in zip(lines, whole, strict=True)])
    lines = lines - lines[:, :3].mean(axis=1, keepdims=True)
    rise = lines[:, -4:].mean(axis=1, keepdims=True)
    climb = np.clip(np.maximum.accumulate(lines / np.where(rise > MIN_FALL, rise, NAN), axis=1), 0, 1.2)
    width = ((climb < 0.8).mean(axis=1) - (climb < 0.2).mean(axis=1)) * (OUTSIDE + INSIDE)
    steepest = (climb[:, BAND:] - climb[:, :-BAND]).max(axis=1)
    return np.stack([steepest, np.where(np.isfinite(steepest), width, NAN)], axis=1)


def medians(found):
    """Median over each eighth's rays that could be judged: (eighths, rays, 2) to (eighths, 2)."""
    found, count = np.sort(found, axis=1), np.isfinite(found[:, :, 0]).sum(axis=1)  # NaN comes last
    each = np.arange(len(found))
    return (found[each, (count - 1) // 2] + found[each, count // 2]) / 2


def extract(image, mask):
    """Measure how abruptly pigment ends; NaN where fewer than half the eighths can be judged."""
    nothing = {"abrupt_eighths": NAN, "edge_width": NAN}
    if np.count_nonzero(mask) < MIN_LESION_PX or mask.all():
        return nothing
    lines = profiles(image, mask)
    found = edges(lines).reshape(8, RAYS // 8, 2)
    seen = np.isfinite(found[:, :, 0]).sum(axis=1) >= 1
    if np.count_nonzero(seen) < 4:
        return nothing
    middle = medians(found[seen])
    votes = 1 / (1 + np.exp(-(middle[:, 0] - ABRUPT_SHARE) / SOFTNESS))
    return {
        "abrupt_eighths": float(8 * votes.mean()),
        "edge_width": float(middle[:, 1].mean()),
    }
