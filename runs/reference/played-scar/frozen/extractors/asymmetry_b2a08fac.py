"""Asymmetry: how far the halves of the outline differ in shape."""

import cv2
import numpy as np
from scipy import ndimage

CRITERION = "asymmetry"
FEATURES = {
    "mirror_loss": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "1 minus the overlap (intersection over union) of the smoothed mask with its mirror image, mean of both principal axes",
    },
    "half_turn_loss": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "1 minus the overlap (intersection over union) of the smoothed mask with itself turned by half a turn about its centroid",
    },
}
SIDE = 150.0  # side of the square of the same area after rescaling, pixels
MIN_PIXELS = 60  # below this an outline is too coarse
MIDWAY = 0.5  # level of the outline in a mask of 0 and 1
SMOOTH_FRAC = 0.04  # smoothing of the mask, in square roots of its area: small lobes are another criterion
PAD = 20  # free border, pixels after rescaling


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


def centred(form):
    """Return the form in a square, its centroid in the middle, wide enough to be turned, and its axes."""
    solid = (form > MIDWAY).astype(np.float32)
    points = np.argwhere(solid > 0).astype(float)
    middle = points.mean(axis=0)
    points -= middle
    reach = int(np.ceil(np.hypot(points[:, 0], points[:, 1]).max())) + 2
    _, axes = np.linalg.eigh(points.T @ points)
    width = (2 * reach + 1, 2 * reach + 1)
    square = ndimage.affine_transform(solid, np.eye(2), offset=middle - reach, output_shape=width, order=1)
    return square, axes, np.array([reach, reach], dtype=float)


def loss(square, turn, middle):
    """Return 1 minus the overlap of the square with its image under a turn or mirror about the middle."""
    other = ndimage.affine_transform(square, turn, offset=middle - turn @ middle, order=1)
    return float(1 - np.minimum(square, other).sum() / np.maximum(square, other).sum())


def extract(image, mask):
    nothing = {"mirror_loss": float("nan"), "half_turn_loss": float("nan")}
    if mask.sum() < MIN_PIXELS:
        return nothing
    form = standard_form(mask)
    if (form > MIDWAY).sum() < MIN_PIXELS:
        return nothing
    square, axes, middle = centred(form)
    mirrors = [2 * np.outer(axes[:, i], axes[:, i]) - np.eye(2) for i in (0, 1)]
    return {
        "mirror_loss": (loss(square, mirrors[0], middle) + loss(square, mirrors[1], middle)) / 2,
        "half_turn_loss": loss(square, -np.eye(2), middle),
    }
