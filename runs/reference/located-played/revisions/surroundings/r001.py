"""Surroundings: layers of tissue run sideways; distortion and oedema break them up."""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "surroundings"
FEATURES = {
    "layering": {
        "unit": "log ratio",
        "range": [-4, 4],
        "direction": "down",
        "meaning": "log of mean squared change with depth over that sideways, in a ring around the mass",
    },
    "along_layers": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "down",
        "meaning": "mean coherence of the structure tensor times how horizontal it is, in the ring",
    },
}
LEAST_PIXELS = 60  # below this an outline says nothing
TINY = 1e-9  # added before a logarithm or a quotient
LEAST_BLUR = 0.5  # pixels
TENSOR = 0.02  # window of the structure tensor, of the shorter side
WHOLE = 0.95  # share of the frame from which no mass is known
NEAR, FAR = 0.1, 0.6  # ring, of the root of the area
CALM = 0.008  # smoothing, of the shorter side


def smooth(plane, size):
    """Blur by a share of the frame's shorter side."""
    return cv2.GaussianBlur(plane.astype(np.float32), (0, 0), max(size * min(plane.shape), LEAST_BLUR))


def unfit(mask):
    """Whether the mask is no region: empty, a few pixels, or the whole frame."""
    return mask.sum() < LEAST_PIXELS or mask.mean() > WHOLE


def extract(image, mask):
    """Share of gradients across horizontal layers."""
    nothing = {"layering": float("nan"), "along_layers": float("nan")}
    if unfit(mask):
        return nothing
    plane, depth = smooth(tk.grey(image), CALM), tk.signed_distance(mask)
    ring = (depth < -NEAR) & (depth > -FAR)
    if ring.sum() < LEAST_PIXELS:
        return nothing
    down, across = np.gradient(plane)
    blur = max(TENSOR * min(plane.shape), 1.0)
    dd, aa, da = (cv2.GaussianBlur(one.astype(np.float32), (0, 0), blur) for one in (down**2, across**2, down * across))
    layering = np.log(dd[ring].mean() + TINY) - np.log(aa[ring].mean() + TINY)
    total = dd + aa + TINY
    coherence = np.sqrt((dd - aa) ** 2 + 2 * 2 * da**2) / total
    level = (coherence * dd / total)[ring]
    return {"layering": float(layering), "along_layers": float(level.mean())}
