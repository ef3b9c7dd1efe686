"""Tissue around the mass: its layers kept, or distorted and swollen.

Fat lobules, ligaments and fascia lie as layers along the skin. Where a mass distorts the tissue or it swells,
layers break up and the fine grain of the tissue is lost. NaN without an outline.
Source: associated features of BI-RADS ultrasound (architectural distortion, oedema), paraphrased (ACR BI-RADS
Atlas, 2013).
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "surroundings"
FEATURES = {
    "layering": {
        "unit": "log ratio",
        "range": [-4, 4],
        "direction": "down",
        "meaning": "brightness changes with depth over changes sideways, in a ring around",
    },
    "tissue_grain": {
        "unit": "share of median",
        "range": [0, 2],
        "direction": "down",
        "meaning": "standard deviation of brightness at the finest scale in the same ring",
    },
}
RING_FROM = 0.08
RING_TO = 0.35
SMOOTH = 0.008
VARIANTS = {"RING_FROM": [0.05, 0.12], "RING_TO": [0.25, 0.5], "SMOOTH": [0.006, 0.012]}
NAN = float("nan")


def levels(image):
    """Give brightness over the frame's median; displays are log-compressed, so differences are ratios."""
    grey = tk.grey(image)
    return grey / max(float(np.median(grey)), 0.02)


def extract(image, mask):
    """Measure the surroundings; NaN without an outline."""
    depth = tk.signed_distance(mask)
    ring = (depth < -RING_FROM) & (depth > -RING_TO)
    if mask.mean() > 0.9 or ring.sum() < 40:
        return {name: NAN for name in FEATURES}
    level, side = levels(image), min(mask.shape)
    smooth = cv2.GaussianBlur(level, (0, 0), max(0.4, SMOOTH * side))
    down, right = np.gradient(smooth)
    layers = np.log((down[ring] ** 2).mean() + 1e-9) - np.log((right[ring] ** 2).mean() + 1e-9)
    grain = smooth - cv2.GaussianBlur(smooth, (0, 0), max(0.8, 2 * SMOOTH * side))
    return {
        "layering": float(np.clip(layers, -4, 4)),
        "tissue_grain": float(np.clip(grain[ring].std(), 0, 2)),
    }
