"""Elevation seen as shading: one flank of a raised scar is lit, the opposite one lies in shade.

Source: shading of a surface tilted against the light (Horn BKP, Obtaining shape from shading information,
1975). True height is not in a photograph; a frontal flash erases this proxy. The first harmonic of
brightness over the direction of the border does not depend on where the light stands, and a light gradient
across the frame is removed by subtracting the skin just outside.
"""

import cv2
import numpy as np

CRITERION = 'height'
FEATURES = {'edge_shading': {'unit': 'log10',
                  'range': [0, 1.0],
                  'direction': 'up',
                  'meaning': 'amplitude of the first harmonic of log luminance over border '
                             'direction, flank minus skin'}}
FLANK_INNER = 0.02
FLANK_OUTER = 0.14
SKIN_INNER = 0.06
SKIN_OUTER = 0.18
SMOOTH = 0.06
MIN_PX = 60


def linear_light(image):
    """Undo the sRGB curve: 0 is black, 1 is white."""
    scaled = np.arange(256) / 255.0
    table = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    return np.maximum(table[image], 1e-4)


def distances(mask):
    """Measure distance to the border inside and outside, in units of the square root of the area."""
    root = np.sqrt(float(mask.sum()))
    filled = np.pad(mask.astype(np.uint8), 1)
    inside = cv2.distanceTransform(filled, cv2.DIST_L2, 5)[1:-1, 1:-1] / root
    outside = cv2.distanceTransform(1 - filled, cv2.DIST_L2, 5)[1:-1, 1:-1] / root
    return inside, outside


def harmonic(values, direction_x, direction_y):
    """Fit a cosine and a sine over the direction; a little ridge keeps straight strips finite."""
    design = np.stack([np.ones_like(values), direction_x, direction_y], axis=1)
    ridge = 0.02 * values.size * np.diag([0.0, 1.0, 1.0])
    return np.linalg.solve(design.T @ design + ridge, design.T @ values)[1:]


def measure_all(image, mask):
    """Measure how differently facing borders are lit."""
    inside, outside = distances(mask) if mask.any() else (mask * 0.0, mask * 0.0)
    flank = (inside > FLANK_INNER) & (inside <= FLANK_OUTER)
    skin = (outside > SKIN_INNER) & (outside <= SKIN_OUTER)
    if flank.sum() < MIN_PX or skin.sum() < MIN_PX:
        return {name: float("nan") for name in FEATURES}
    light = linear_light(image)
    luminance = np.log10(light @ np.array([0.2126, 0.7152, 0.0722]))
    sigma = SMOOTH * float(np.sqrt(mask.sum()))
    if sigma > 0.3:
        luminance = cv2.GaussianBlur(luminance, (0, 0), sigma)
    signed = cv2.GaussianBlur((outside - inside).astype(np.float64), (0, 0), 1.5)
    grad_y, grad_x = np.gradient(signed)
    norm = np.maximum(np.hypot(grad_x, grad_y), 1e-9)
    x, y = grad_x / norm, grad_y / norm
    apart = harmonic(luminance[flank], x[flank], y[flank]) - harmonic(luminance[skin], x[skin], y[skin])
    strength = float(np.hypot(apart[0], apart[1]))
    unit = apart / max(strength, 1e-9)
    contrasts = []
    for band in (flank, skin):
        facing = x[band] * unit[0] + y[band] * unit[1]
        lit, shaded = facing >= np.percentile(facing, 67), facing <= np.percentile(facing, 33)
        contrasts.append(np.median(luminance[band][lit]) - np.median(luminance[band][shaded]))
    return {"edge_shading": strength, "flank_contrast": max(0.0, float(contrasts[0] - contrasts[1]))}


def extract(image, mask):
    """Return the declared features alone."""
    values = measure_all(image, mask)
    return {name: values[name] for name in FEATURES}
