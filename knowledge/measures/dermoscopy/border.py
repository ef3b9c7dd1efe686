"""Abruptness of the pigment's edge, eighth by eighth.

Source: B of the ABCD rule (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559): the lesion is cut
into eighths and those with an abrupt end of pigment are counted. It asks how sharp, not how ragged.
"""

import cv2
import numpy as np

CRITERION = "border"
FEATURES = {
    "abrupt_eighths": {
        "unit": "eighths",
        "range": [0, 8],
        "direction": "up",
        "meaning": "sum over eighths of the outline of a soft vote on whether pigment ends abruptly there",
    },
    "edge_share": {
        "unit": "fraction",
        "range": [0, 1.5],
        "direction": "up",
        "meaning": "largest share of the density's fall across the outline within a narrow band",
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
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {"OUTSIDE": [0.12, 0.2], "INSIDE": [0.2, 0.32], "BAND": [2, 4], "ABRUPT_SHARE": [0.65, 0.85]}
NAN = float("nan")


def density(image, floor):
    """Optical density of each channel of an 8-bit image, log10 of linear light."""
    return (-np.log10((np.arange(256) / 255) ** 2.2 + floor)).astype(np.float32)[image]


def hairless(image, root):
    """Image with long thin dark lines (hairs, ruler ticks) replaced by their surroundings."""
    width = 2 * int(np.ceil(HAIR_PX * max(1.0, np.sqrt(image.shape[0] * image.shape[1]) / 256))) + 1
    red = density(image, 0.01)[:, :, 0]
    thin = red - cv2.morphologyEx(red, cv2.MORPH_OPEN, np.ones((width, width), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats((thin > HAIR_DENSITY).astype(np.uint8))
    long = (stats[:, 2:4].max(axis=1) > HAIR_LENGTH * root) & (np.arange(count) > 0)
    hair = cv2.dilate(long[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(hair[:, :, None], cv2.medianBlur(image, 2 * width + 1), image) if hair.any() else image


def profiles(image, mask):
    """Mean optical density along each ray, from outside to inside: (RAYS, BINS); NaN where empty."""
    clean = hairless(np.ascontiguousarray(image[:, :, :3]), np.sqrt(mask.sum()))
    grey = density(clean[:, :, :2], 0.008).mean(axis=2)
    solid = mask.astype(np.uint8)
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
    depth = depth / np.sqrt(mask.sum())
    near = (depth > -OUTSIDE) & (depth < INSIDE)
    rows, columns = np.nonzero(mask)
    y, x = np.nonzero(near)
    turn = np.arctan2((y - rows.mean()).astype(np.float32), x - columns.mean()) / (2 * np.pi) + 0.5
    ray = np.minimum((turn * RAYS).astype(int), RAYS - 1)
    step = np.minimum(((depth[near] + OUTSIDE) / (OUTSIDE + INSIDE) * BINS).astype(int), BINS - 1)
    place = ray * BINS + step
    count = np.bincount(place, minlength=RAYS * BINS).reshape(RAYS, BINS)
    total = np.bincount(place, weights=grey[near], minlength=RAYS * BINS).reshape(RAYS, BINS)
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
    nothing = {"abrupt_eighths": NAN, "edge_share": NAN, "edge_width": NAN}
    if mask.sum() < MIN_LESION_PX or mask.all():
        return nothing
    rows, columns = np.nonzero(mask)
    far = int(OUTSIDE * np.sqrt(mask.sum())) + 2
    top, left = max(0, rows.min() - far), max(0, columns.min() - far)
    window = (slice(top, rows.max() + far), slice(left, columns.max() + far))
    lines = profiles(image[window], mask[window])
    found = np.array([edge(line) for line in lines]).reshape(8, RAYS // 8, 2)
    seen = np.isfinite(found[:, :, 0]).sum(axis=1) >= 1
    if seen.sum() < 4:
        return nothing
    middle = np.nanmedian(found[seen], axis=1)
    votes = 1 / (1 + np.exp(-(middle[:, 0] - ABRUPT_SHARE) / SOFTNESS))
    return {
        "abrupt_eighths": float(8 * votes.mean()),
        "edge_share": float(middle[:, 0].mean()),
        "edge_width": float(middle[:, 1].mean()),
    }
