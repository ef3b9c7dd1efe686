"""Consolidation: one dense patch in one lung, which hides the fine pattern there and takes from the field.

The mask is the lungs, drawn or found by a locator. NaN where it is the whole frame or one lung is missing.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "consolidation"
FEATURES = {
    "focal_opacity": {
        "unit": "ratio",
        "range": [-1, 3],
        "direction": "up",
        "meaning": "brightest smooth spot of the lungs over their median, in units of the film's span",
    },
    "side_difference": {
        "unit": "ratio",
        "range": [0, 3],
        "direction": "up",
        "meaning": "difference of the lungs' mean brightness, in units of the film's span",
    },
    "texture_asymmetry": {
        "unit": "log ratio",
        "range": [0, 5],
        "direction": "up",
        "meaning": "fine variation of one lung over that of the other (log, absolute)",
    },
    "lost_field": {
        "unit": "log ratio",
        "range": [0, 5],
        "direction": "up",
        "meaning": "area of one lung over that of the other (log, absolute)",
    },
}
BLUR = 0.04
RIM = 0.03
FINE = 0.01
VARIANTS = {"BLUR": [0.03, 0.06], "RIM": [0.02, 0.045], "FINE": [0.007, 0.014]}
NAN = float("nan")


def halves(mask):
    """Part the lungs, left one in the film first, by connected areas: a rotated child does not count."""
    labels, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))[1:]
    middle = np.nonzero(mask)[1].mean()
    left = np.isin(labels, [one for one in range(1, len(stats)) if centres[one][0] < middle])
    return left, mask & ~left


def usable(mask):
    """Whether both lungs are known: not the whole frame, and a part on each side."""
    return (
        mask.mean() < 0.9 and mask.sum() > 100 and min(one.sum() for one in halves(mask)) > 0.01 * mask.size
    )


def in_spans(image, mask):
    """Brightness over the lungs' dark end, in units of the film's own span."""
    grey = 255 * tk.grey(image)
    low, high = np.percentile(grey[mask], 10), np.percentile(grey, 90)
    return (grey - low) / max(float(high - low), 8.0)


def hull(lung):
    """Fill the convex hull of a lung."""
    points = np.argwhere(lung)[:, ::-1].astype(np.int32)
    return cv2.fillConvexPoly(np.zeros(lung.shape, np.uint8), cv2.convexHull(points), 1) > 0


def extract(image, mask):
    """Measure a focal opacity; NaN where the two lungs are not known."""
    if not usable(mask):
        return {name: NAN for name in FEATURES}
    level, sides, size = in_spans(image, mask), halves(mask), min(mask.shape)
    hulls = [hull(one) for one in sides]  # a dense patch is no longer dark: it lies in the hull alone
    depth = cv2.distanceTransform((hulls[0] | hulls[1]).astype(np.uint8), cv2.DIST_L2, 5) > RIM * size
    parts = [one & depth for one in hulls]
    if min(one.sum() for one in parts) < 30:
        return {name: NAN for name in FEATURES}
    inner = parts[0] | parts[1]
    smooth = cv2.GaussianBlur(level, (0, 0), BLUR * size)
    fine = cv2.GaussianBlur(level, (0, 0), FINE * size) - cv2.GaussianBlur(level, (0, 0), 2 * FINE * size)
    texture = [np.log(fine[one].std() + 1e-3) for one in parts]
    areas = [np.log(one.sum()) for one in sides]
    focal = np.percentile(smooth[inner], 97) - np.median(smooth[inner])
    return {
        "focal_opacity": float(np.clip(focal, -1, 3)),
        "side_difference": float(min(abs(level[hulls[0]].mean() - level[hulls[1]].mean()), 3.0)),
        "texture_asymmetry": float(min(abs(texture[0] - texture[1]), 5.0)),
        "lost_field": float(min(abs(areas[0] - areas[1]), 5.0)),
    }
