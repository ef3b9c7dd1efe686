"""Margin overgrowth: lobes and claws of the outline, and the notches between them."""

import cv2
import numpy as np
from scipy import ndimage
from skimage import measure

CRITERION = "margin_overgrowth"
FEATURES = {
    "convexity": {
        "unit": "ratio",
        "range": [0.3, 1.05],
        "direction": "down",
        "meaning": "perimeter of the convex hull over the perimeter of the outline, both after smoothing the mask by 0.03 of the square root of its area",
    },
    "notch_share": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "area that closing with a disc of 0.2 of the square root of the area adds in the notches between lobes, over the area",
    },
}
SIDE = 150.0  # side of the square of the same area after rescaling, pixels
MIN_PIXELS = 60  # below this an outline is too coarse
MIDWAY = 0.5  # level of the outline in a mask of 0 and 1
SMOOTH_FRAC = 0.03  # smoothing of the mask, in square roots of its area
CLOSE_FRAC = 0.2  # radius of the closing disc, same unit; wide enough for a notch, too narrow for a waist
PAD = 40  # free border, pixels after rescaling; more than the closing disc


def standard_form(mask):
    """Return the largest piece, filled, brought to a standard area and smoothed."""
    labels, _ = ndimage.label(ndimage.binary_fill_holes(mask))
    piece = labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1
    rows, cols = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
    piece = piece[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1].astype(np.float32)
    scale = SIDE / np.sqrt(piece.sum())
    shape = (max(1, int(round(piece.shape[1] * scale))), max(1, int(round(piece.shape[0] * scale))))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    form = np.pad(cv2.resize(piece, shape, interpolation=how), PAD)
    return ndimage.gaussian_filter(form, SMOOTH_FRAC * SIDE)


def convexity(form):
    """Return hull perimeter over outline perimeter."""
    outline = max(measure.find_contours(form, MIDWAY), key=len).astype(np.float32)
    length = cv2.arcLength(outline.reshape(-1, 1, 2), True)
    hull = cv2.convexHull(outline.reshape(-1, 1, 2))
    return float(cv2.arcLength(hull, True) / length)


def notch_share(form):
    """Return the area that closing adds over the area."""
    solid = form > MIDWAY
    radius = CLOSE_FRAC * SIDE
    grown = ndimage.distance_transform_edt(~solid) <= radius
    closed = ndimage.distance_transform_edt(grown) > radius
    return float((closed & ~solid).sum() / solid.sum())


def extract(image, mask):
    if mask.sum() < MIN_PIXELS:
        return {"convexity": float("nan"), "notch_share": float("nan")}
    form = standard_form(mask)
    if form.max() <= MIDWAY or (form > MIDWAY).sum() < MIN_PIXELS:
        return {"convexity": float("nan"), "notch_share": float("nan")}
    return {"convexity": convexity(form), "notch_share": notch_share(form)}
