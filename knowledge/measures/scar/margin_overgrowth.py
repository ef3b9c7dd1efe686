"""Lobes and claws of the outline: growth past a plain border.

Source: extension past the wound separates keloid from hypertrophic scar (Ogawa R, Burns Trauma 2019;7:39,
doi:10.1186/s41038-019-0175-y). One photograph shows only its shape. Circularity is not used: it flips its
sign between linear and wide hypertrophic scars, convexity does not.
"""

import cv2
import numpy as np

CRITERION = "margin_overgrowth"
FEATURES = {
    "convexity": {
        "unit": "ratio",
        "range": [0.3, 1.05],
        "direction": "down",
        "meaning": "perimeter of the convex hull over the perimeter of the outline, after light smoothing",
    },
    "opening_residue": {
        "unit": "fraction",
        "range": [0, 0.8],
        "direction": "up",
        "meaning": "share of the scar that a disc of OPENING times its largest inner radius cannot reach",
    },
    "outline_wobble": {
        "unit": "ratio",
        "range": [0, 1],
        "direction": "up",
        "meaning": "spread of the outline about its own smoothed course, over the root of the area",
    },
}
SMOOTH = 0.03
OPENING = 0.5
COURSE = 0.12
POINTS = 512
MIN_PX = 60
VARIANTS = {
    "SMOOTH": [0.015, 0.03, 0.05],
    "OPENING": [0.35, 0.5, 0.65],
    "COURSE": [0.08, 0.12, 0.18],
}


def smooth_outline(mask, sigma):
    """Trace the longest outline of the blurred mask, in quarters of a pixel, (n, 2)."""
    height, width = mask.shape
    large = cv2.resize(np.pad(mask.astype(np.float32), 2), ((width + 4) * 4, (height + 4) * 4))
    soft = cv2.GaussianBlur(large, (0, 0), max(2.0, 4 * sigma)) > 0.5
    found = cv2.findContours(soft.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    return max(found, key=len)[:, 0, :].astype(np.float64) if len(found) else np.zeros((0, 2))


def even_points(outline):
    """Place POINTS points at equal arc length along the closed outline."""
    closed = np.concatenate([outline, outline[:1]])
    steps = np.hypot(np.diff(closed[:, 0]), np.diff(closed[:, 1]))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.linspace(0.0, along[-1], POINTS, endpoint=False)
    return np.stack([np.interp(places, along, closed[:, k]) for k in range(2)], axis=1)


def circular_smooth(values, share):
    """Smooth a closed curve (n, 2) by a Gaussian of the given share of its length."""
    waves = np.fft.fftfreq(values.shape[0]) * values.shape[0]
    keep = np.exp(-2 * (np.pi * waves * share) ** 2)
    return np.real(np.fft.ifft(np.fft.fft(values, axis=0) * keep[:, None], axis=0))


def closed_length(points):
    """Measure the perimeter of a closed curve (n, 2)."""
    steps = points - np.roll(points, 1, axis=0)
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum())


def extract(image, mask):
    """Measure the outline."""
    root = float(np.sqrt(mask.sum()))
    outline = smooth_outline(mask, SMOOTH * root) if mask.sum() >= MIN_PX else np.zeros((0, 2))
    if outline.shape[0] < 16:
        return {name: float("nan") for name in FEATURES}
    points = circular_smooth(even_points(outline), 0.004)
    hull = cv2.convexHull(points.astype(np.float32))[:, 0, :].astype(np.float64)
    course = circular_smooth(points, COURSE / 4)
    off = points - course
    inner = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)
    reach = OPENING * float(inner.max())
    core = (inner >= reach).astype(np.uint8)
    grown = cv2.distanceTransform(1 - core, cv2.DIST_L2, 5)[1:-1, 1:-1] <= reach
    return {
        "convexity": closed_length(hull) / closed_length(points),
        "opening_residue": float((mask & ~grown).sum() / mask.sum()),
        "outline_wobble": float(np.sqrt((off**2).sum(axis=1).mean())) / (4 * root),
    }
