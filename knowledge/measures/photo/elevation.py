"""Elevation seen as shading: one flank of a raised lesion is lit, the opposite one lies in shade.

Source: shading of a surface tilted against the light (Horn BKP, Obtaining shape from shading information,
1975). True height is not in a photograph; a frontal flash erases this proxy. The first harmonic of brightness
over the direction of the border does not depend on where the light stands.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "elevation"
FEATURES = {
    "photo_edge_shading": {
        "unit": "log10",
        "range": [0, 1],
        "direction": "up",
        "meaning": "amplitude of the first harmonic of log luminance over border direction, flank minus skin",
    },
    "photo_flank_contrast": {
        "unit": "log10",
        "range": [0, 1.5],
        "direction": "up",
        "meaning": "log luminance of the lit third of the flank minus its shaded third, less that outside",
    },
}
FLANK_INNER = 0.02
FLANK_OUTER = 0.14
SKIN_INNER = 0.06
SKIN_OUTER = 0.18
SMOOTH = 0.03
MIN_PX = 60
VARIANTS = {"FLANK_OUTER": [0.08, 0.14, 0.2], "SKIN_OUTER": [0.12, 0.18, 0.25], "SMOOTH": [0.015, 0.03, 0.06]}


def harmonic(values, across, down):
    """Fit a cosine and a sine over the direction; a little ridge keeps straight strips finite."""
    design = np.stack([np.ones_like(values), across, down], axis=1)
    ridge = 0.02 * values.size * np.diag([0.0, 1.0, 1.0])
    return np.linalg.solve(design.T @ design + ridge, design.T @ values)[1:]


def thirds(values, facing):
    """Return the median of the third that faces the light minus that of the third that faces away."""
    low, high = np.percentile(facing, [33, 67])
    return float(np.median(values[facing >= high]) - np.median(values[facing <= low]))


def extract(image, mask):
    """Measure how differently facing borders are lit."""
    depth = tk.signed_distance(mask)
    flank = (depth > FLANK_INNER) & (depth <= FLANK_OUTER)
    skin = (depth < -SKIN_INNER) & (depth >= -SKIN_OUTER)
    if mask.all() or flank.sum() < MIN_PX or skin.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = np.maximum(tk.linear_light(image) @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32), 1e-4)
    light = cv2.GaussianBlur(np.log10(light), (0, 0), max(0.3, SMOOTH * float(np.sqrt(mask.sum()))))
    down, across = np.gradient(-cv2.GaussianBlur(depth.astype(np.float64), (0, 0), 1.5))
    steep = np.maximum(np.hypot(across, down), 1e-9)
    across, down = across / steep, down / steep
    lit = [harmonic(light[band], across[band], down[band]) for band in (flank, skin)]
    apart = lit[0] - lit[1]
    strength = float(np.hypot(apart[0], apart[1]))
    facing = (across * apart[0] + down * apart[1]) / max(strength, 1e-9)
    contrast = thirds(light[flank], facing[flank]) - thirds(light[skin], facing[skin])
    return {"photo_edge_shading": strength, "photo_flank_contrast": max(0.0, contrast)}
