"""Posterior features: brightness below the mass against the same depth beside it.

NaN without an outline: the mask is then the whole frame.
Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013).
"""

import numpy as np
import toolkit as tk

CRITERION = "posterior"
FEATURES = {
    "posterior_contrast": {
        "unit": "share of median",
        "range": [-4, 4],
        "direction": "up",
        "meaning": "brightness below the mass less that beside it at the same depth",
    },
    "posterior_for_depth": {
        "unit": "share of median",
        "range": [-4, 4],
        "direction": "up",
        "meaning": "brightness below the mass less the median of all tissue at the same depth",
    },
    "back_wall": {
        "unit": "share of median",
        "range": [-4, 4],
        "direction": "up",
        "meaning": "brightness just below the lower outline less that just above it",
    },
}
GAP = 0.1
LENGTH = 1.0
BESIDE = 2.0
WALL = 0.12
VARIANTS = {"GAP": [0.05, 0.2], "LENGTH": [0.7, 1.3], "BESIDE": [1.7, 2.4], "WALL": [0.08, 0.18]}
NAN = float("nan")


def levels(image):
    """Give brightness over the frame's median; displays are log-compressed, so differences are ratios."""
    grey = tk.grey(image)
    return grey / max(float(np.median(grey)), 0.02)


def wall(level, depth, middle):
    """Step across the lower outline, in the middle two thirds of the mass."""
    rows = np.indices(depth.shape)[0]
    under = np.cumsum(depth > 0, axis=0) > 0
    low = under & (rows > middle)
    inner, outer = low & (depth > 0) & (depth < WALL), low & (depth < 0) & (depth > -WALL)
    return level[outer].mean() - level[inner].mean() if min(inner.sum(), outer.sum()) > 7 else NAN


def extract(image, mask):
    """Measure shadow or enhancement; NaN without an outline."""
    if mask.mean() > 0.9 or mask.sum() < 36:
        return {name: NAN for name in FEATURES}
    level = levels(image)
    rows, columns = np.nonzero(mask)
    tall = np.ptp(rows) + 1
    first = int(rows.max() + GAP * tall)
    below = level[first : int(rows.max() + max(LENGTH * tall, 0.1 * len(level))) + 1]
    x = np.abs(np.arange(level.shape[1]) - columns.mean()) / max(2.0, columns.std())
    step = wall(level, tk.signed_distance(mask), rows.mean())
    found = {"back_wall": float(np.clip(step, -4, 4))}
    if below.shape[0] < 4 or (x < 1).sum() < 2:
        return {name: found.get(name, NAN) for name in FEATURES}
    beside, under = below[:, (x > BESIDE) & (x < 5)], below[:, x < 1].mean()
    contrast = under - beside.mean() if beside.size > 20 else NAN
    usual = np.median(below, axis=1).mean()
    return {
        "posterior_contrast": float(np.clip(contrast, -4, 4)),
        "posterior_for_depth": float(np.clip(under - usual, -4, 4)),
        **found,
    }
