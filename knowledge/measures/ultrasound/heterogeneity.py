"""Heterogeneous echo: brightness varies inside the mass beyond speckle.

NaN without an outline: the mask is then the whole frame. Widths are shares of the mass, so that a mass that
fills the frame and one that does not are read alike.
Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013).
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "heterogeneity"
FEATURES = {
    "echo_unevenness": {
        "unit": "share of median",
        "range": [0, 3],
        "direction": "up",
        "meaning": "standard deviation of smoothed brightness inside",
    },
    "echo_spread": {
        "unit": "share of median",
        "range": [0, 4],
        "direction": "up",
        "meaning": "brightness inside: 90th less 10th percentile, lightly smoothed",
    },
}
BLUR = 0.08
LIGHT = 0.03
RIM = 0.08
VARIANTS = {"BLUR": [0.05, 0.12], "LIGHT": [0.02, 0.05], "RIM": [0.05, 0.12]}
NAN = float("nan")


def levels(image):
    """Give brightness over the frame's median; displays are log-compressed, so differences are ratios."""
    grey = tk.grey(image)
    return grey / max(float(np.median(grey)), 0.02)


def extract(image, mask):
    """Measure unevenness; NaN without an outline."""
    inside = tk.signed_distance(mask) > RIM
    if mask.mean() > 0.9 or inside.sum() < 20:
        return {name: NAN for name in FEATURES}
    level, size = levels(image), np.sqrt(mask.sum())
    uneven = cv2.GaussianBlur(level, (0, 0), max(0.5, BLUR * size))[inside].std()
    low, high = np.percentile(cv2.GaussianBlur(level, (0, 0), max(0.5, LIGHT * size))[inside], [10, 90])
    return {"echo_unevenness": float(min(uneven, 3)), "echo_spread": float(min(high - low, 4))}
