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
HALVED_FROM = 300
VARIANTS = {"OUTSIDE": [0.12, 0.2], "INSIDE": [0.2, 0.32], "BAND": [2, 4], "ABRUPT_SHARE": [0.65, 0.85]}
NAN = float("nan")


def profiles(image, mask):
    """Mean optical density along each ray, from outside to inside: (RAYS, BINS); NaN where empty."""
    grey = cv2.transform(tk.optical_density(tk.without_hair(image), 0.01), np.array([[0.5, 0.5, 0.0]]))
    depth = tk.signed_distance(mask)
    if min(mask.shape) >= HALVED_FROM:
        grey, depth = grey[::2, ::2], depth[::2, ::2]
    inside = np.nonzero(depth > 0)
    y, x = np.nonzero((depth > -OUTSIDE) & (depth < INSIDE))
    turn = np.arctan2(np.float32(y - inside[0].mean()), np.float32(x - inside[1].mean())) / (2 * np.pi) + 0.5
    ray = np.minimum((turn * RAYS).astype(int), RAYS - 1)
    step = np.minimum(((depth[y, x] + OUTSIDE) / (OUTSIDE + INSIDE) * BINS).astype(int), BINS - 1)
    place = ray * BINS + step
    count = np.bincount(place, minlength=RAYS * BINS).reshape(RAYS, BINS)
    total = np.bincount(place, weights=grey[y, x], minlength=RAYS * BINS).reshape(RAYS, BINS)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def edge(line):
    """Share of the fall in one band, and width of the edge, along one ray; NaN where pigment is too weak."""
    depth = (np.arange(BINS) + 0.5) / BINS * (OUTSIDE + INSIDE)
    seen = np.isfinite(line)
    if seen.sum() < BINS - 5:
        return [NAN, NAN]
    line = np.interp(depth, depth[seen], line[seen]) - line[np.isfinite(line)][:3].mean()
    rise = line[-4:].mean()
    if not rise > MIN_FALL:
        return [NAN, NAN]
    climb = np.clip(np.maximum.accumulate(line / rise), 0, 1.2)
    return [
        (climb[BAND:] - climb[:-BAND]).max(),
        ((climb < 0.8).mean() - (climb < 0.2).mean()) * (OUTSIDE + INSIDE),
    ]


def extract(image, mask):
    """Measure how abruptly pigment ends; NaN where fewer than half the eighths can be judged."""
    nothing = {"abrupt_eighths": NAN, "edge_width": NAN}
    if mask.sum() < MIN_LESION_PX or mask.all():
        return nothing
    lines = profiles(image, mask)
    found = np.array([edge(line) for line in lines]).reshape(8, RAYS // 8, 2)
    seen = np.isfinite(found[:, :, 0]).sum(axis=1) >= 1
    if seen.sum() < 4:
        return nothing
    middle = np.nanmedian(found[seen], axis=1)
    votes = 1 / (1 + np.exp(-(middle[:, 0] - ABRUPT_SHARE) / SOFTNESS))
    return {
        "abrupt_eighths": float(8 * votes.mean()),
        "edge_width": float(middle[:, 1].mean()),
    }
