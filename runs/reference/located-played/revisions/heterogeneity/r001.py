"""Heterogeneity: unevenness of brightness inside, coarser than speckle."""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "heterogeneity"
FEATURES = {
    "echo_unevenness": {
        "unit": "share of median",
        "range": [0, 3],
        "direction": "up",
        "meaning": "standard deviation inside of brightness smoothed to patches, over the median of the ring",
    },
    "echo_spread": {
        "unit": "share of median",
        "range": [0, 4],
        "direction": "up",
        "meaning": "90th less 10th percentile inside of lightly smoothed brightness, over the median of the ring",
    },
}
LEAST_PIXELS = 60  # below this an outline says nothing
FLOOR = 0.01  # brightness added below, so that a black median says nothing
TINY = 1e-3  # weight below which nothing of the mass is near
FAR = 0.4  # outer edge of the ring, of the root of the area
LEAST_BLUR = 0.5  # pixels
LOW, HIGH = 10, 90  # percent
WHOLE = 0.95  # share of the frame from which no mass is known
CORE = 0.08  # the border is left out, of the root of the area
COARSE, FINE = 0.1, 0.03  # smoothing that leaves patches, and that calms speckle; of the root of the area


def unfit(mask):
    """Whether the mask is no region: empty, a few pixels, or the whole frame."""
    return mask.sum() < LEAST_PIXELS or mask.mean() > WHOLE


def within(plane, mask, size):
    """Blur inside the mask alone, so that the border does not bleed in."""
    weight = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), size)
    return cv2.GaussianBlur(np.where(mask, plane, 0).astype(np.float32), (0, 0), size) / (weight + TINY)


def extract(image, mask):
    """Spread of smoothed brightness inside."""
    nothing = {"echo_unevenness": float("nan"), "echo_spread": float("nan")}
    if unfit(mask):
        return nothing
    plane, depth, root = tk.grey(image), tk.signed_distance(mask), float(np.sqrt(mask.sum()))
    core, ring = depth > CORE, (depth < -CORE) & (depth > -FAR)
    if core.sum() < LEAST_PIXELS or ring.sum() < LEAST_PIXELS:
        return nothing
    usual = float(np.median(plane[ring])) + FLOOR
    coarse, fine = (within(plane, core, max(share * root, LEAST_BLUR))[core] for share in (COARSE, FINE))
    spread = np.percentile(fine, HIGH) - np.percentile(fine, LOW)
    return {"echo_unevenness": float(coarse.std()) / usual, "echo_spread": float(spread) / usual}
