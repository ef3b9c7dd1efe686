"""Margin of the mass: how clear, how narrow and how steady the step of brightness across it is.

Brightness is read along rays across the outline, in shares of the way from centre to outline, after the
display's compression: a step is a ratio of echo. NaN without an outline.
Source: BI-RADS ultrasound descriptors, paraphrased (ACR BI-RADS Atlas, 2013); the angular steadiness of the
edge as in Shen WC et al., Ultrasound Med Biol 2007;33:1688-1698.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = 'margin'
FEATURES = {
    "margin_step": {
        "unit": "share of median",
        "range": [-2, 5],
        "direction": "down",
        "meaning": "median over directions of the brightness just outside less that just inside",
    },
    "weakest_edge": {
        "unit": "share of median",
        "range": [-4, 4],
        "direction": "down",
        "meaning": "the same step in the direction that a tenth of directions lies below",
    },
    "rise_width": {
        "unit": "fraction",
        "range": [0, 1.2],
        "direction": "up",
        "meaning": "way from a quarter to four fifths of the mean step, over the radius",
    },
    "edge_scatter": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "mean jump between neighbouring directions of where brightness rises most",
    },
}
SMOOTH = 0.03
BAND = 0.25
SEARCH = 0.25
RINGS = 64
FAR = 1.6
NAN = float("nan")


def levels(image):
    """Give brightness over the frame's median; displays are log-compressed, so differences are ratios."""
    grey = tk.grey(image)
    return grey / max(float(np.median(grey)), 0.02)


def along_rays(image, mask):
    """Read brightness in 72 directions at 64 places, smoothed by a share of the mass."""
    level = levels(image)
    level = cv2.GaussianBlur(level, (0, 0), max(0.5, SMOOTH * np.sqrt(mask.sum())))
    rays = tk.polar_map(level, mask, rings=RINGS, angles=72, far=FAR).T.copy()
    rays = np.where(np.isfinite(rays), rays, np.nanmedian(rays, axis=1, keepdims=True))
    rays = np.where(np.isfinite(rays), rays, np.nanmedian(rays))
    return cv2.blur(np.vstack([rays[-1:], rays, rays[:1]]).astype(np.float32), (1, 3))[1:-1]


def extract(image, mask):
    """Measure the margin; NaN without an outline."""
    if mask.mean() > 0.9 or mask.sum() < 36:
        return {name: NAN for name in FEATURES}
    rays = along_rays(image, tk.smoothed(mask, 0.06))
    if not np.isfinite(rays).all():
        return {name: NAN for name in FEATURES}
    place = (np.arange(RINGS) + 0.5) / RINGS * FAR
    inner, outer = (place > 0.95 - BAND) & (place < 0.95), (place > 1.05) & (place < 1.05 + BAND)
    steps = rays[:, outer].mean(axis=1) - rays[:, inner].mean(axis=1)
    profile = np.maximum.accumulate(rays.mean(axis=0)[place > 0.6])
    level = (profile - profile[0]) / max(float(np.ptp(profile)), 1e-6)
    edge = (np.gradient(rays, axis=1) * np.exp(-(((place - 1) / SEARCH) ** 2))).argmax(axis=1)
    jumps = np.abs(np.diff(np.log(place[edge]), append=np.log(place[edge[0]])))
    return {
        "margin_step": float(np.clip(np.median(steps), -2, 5)),
        "weakest_edge": float(np.clip(np.percentile(steps, 10), -4, 4)),
        "rise_width": float(((level >= 0.8).argmax() - (level >= 0.25).argmax()) * FAR / RINGS),
        "edge_scatter": float(min(jumps.mean(), 1)),
    }
