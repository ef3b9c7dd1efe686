"""Shape: how far the mass is from the ellipse of its moments, and from its own hull."""

import cv2
import numpy as np

CRITERION = "shape"
FEATURES = {
    "ellipse_misfit": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the union of mass and equal-area ellipse of its moments that only one of them holds",
    },
    "hull_gap": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "share of the convex hull that the mass does not fill",
    },
}
LEAST_PIXELS = 60  # below this an outline says nothing
PIXEL = 12  # a pixel's own variance is one over this
WHOLE = 0.95  # share of the frame from which no mass is known


def unfit(mask):
    """Whether the mask is no region: empty, a few pixels, or the whole frame."""
    return mask.sum() < LEAST_PIXELS or mask.mean() > WHOLE


def extract(image, mask):
    """Compare the mask with its ellipse and with its hull."""
    if unfit(mask):
        return {"ellipse_misfit": float("nan"), "hull_gap": float("nan")}
    points = np.argwhere(mask).astype(float)
    away = np.stack(np.indices(mask.shape), axis=-1) - points.mean(axis=0)
    spread = np.cov((points - points.mean(axis=0)).T) + np.eye(2) / PIXEL
    distance = np.einsum("hwi,ij,hwj->hw", away, np.linalg.inv(spread), away)
    scale = np.sqrt(np.linalg.det(spread)) * np.pi
    ellipse = distance * scale <= mask.sum()
    misfit = (ellipse ^ mask).sum() / max((ellipse | mask).sum(), 1)
    hull = cv2.convexHull(np.argwhere(mask)[:, ::-1].astype(np.int32))
    filled = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(filled, hull, 1)
    gap = 1 - mask.sum() / max(filled.sum(), 1)
    return {"ellipse_misfit": float(misfit), "hull_gap": float(max(gap, 0.0))}
