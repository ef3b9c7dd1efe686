"""Echo of the mass: darker or brighter than the tissue beside it, and than what is usual at its depth.

NaN without an outline: the mask is then the whole frame.
Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013), which compare with fat.
"""

import numpy as np
import toolkit as tk

CRITERION = "echo"
FEATURES = {
    "echo_contrast": {
        "unit": "ratio",
        "range": [-1, 3],
        "direction": "up",
        "meaning": "mean brightness inside over that of a ring around, minus one",
    },
    "echo_for_depth": {
        "unit": "share of median",
        "range": [-4, 4],
        "direction": "up",
        "meaning": "brightness inside less the median of the tissue in the same rows, over the mass",
    },
}
RING_FROM = 0.08
RING_TO = 0.3
BESIDE = 0.15
VARIANTS = {"RING_FROM": [0.05, 0.12], "RING_TO": [0.22, 0.4], "BESIDE": [0.1, 0.25]}
NAN = float("nan")


def levels(image):
    """Give brightness over the frame's median; displays are log-compressed, so differences are ratios."""
    grey = tk.grey(image)
    return grey / max(float(np.median(grey)), 0.02)


def extract(image, mask):
    """Measure echo; NaN without an outline."""
    grey, depth = tk.grey(image), tk.signed_distance(mask)
    ring, inside = (depth < -RING_FROM) & (depth > -RING_TO), depth > 0.03
    if mask.mean() > 0.9 or min(ring.sum(), inside.sum()) < 20:
        return {name: NAN for name in FEATURES}
    contrast = grey[inside].mean() / max(float(grey[ring].mean()), 0.004) - 1
    level = levels(image)
    rows = np.flatnonzero(inside.any(axis=1))
    beside = [level[row][depth[row] < -BESIDE] for row in rows]
    pairs = [
        (level[row][inside[row]].mean() - np.median(one), inside[row].sum())
        for row, one in zip(rows, beside, strict=True)
        if len(one) > 8
    ]
    parts, weights = np.array(pairs).reshape(-1, 2).T
    for_depth = np.average(parts, weights=weights) if len(parts) else NAN
    return {
        "echo_contrast": float(np.clip(contrast, -1, 3)),
        "echo_for_depth": float(np.clip(for_depth, -4, 4)),
    }
