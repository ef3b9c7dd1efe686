"""Spiculation: spokes of brightness around the border, against the direction of the border itself."""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "spiculation"
FEATURES = {
    "spoke_waves": {
        "unit": "share of median",
        "range": [0, 3],
        "direction": "up",
        "meaning": "root of the energy of 6 to 20 waves a turn in mean brightness of the ring by direction, over its median",
    },
    "radial_lines": {
        "unit": "log ratio",
        "range": [-5, 5],
        "direction": "up",
        "meaning": "log of mean squared change around the mass over that away from it, in the ring",
    },
}
LEAST_PIXELS = 60  # below this an outline says nothing
FLOOR = 0.01  # brightness added below, so that a black median says nothing
TINY = 1e-9  # added before a logarithm or a quotient
LEAST_BLUR = 0.5  # pixels
WHOLE = 0.95  # share of the frame from which no mass is known
NEAR, FAR = 0.03, 0.3  # ring around the mass, of the root of its area
CALM = 0.006  # smoothing, of the shorter side
SECTORS = 96  # directions
FIRST, LAST = 6, 20  # waves a turn that count as spokes


def smooth(plane, size):
    """Blur by a share of the frame's shorter side."""
    return cv2.GaussianBlur(plane.astype(np.float32), (0, 0), max(size * min(plane.shape), LEAST_BLUR))


def unfit(mask):
    """Whether the mask is no region: empty, a few pixels, or the whole frame."""
    return mask.sum() < LEAST_PIXELS or mask.mean() > WHOLE


def extract(image, mask):
    """Brightness in a ring by direction, and its gradient split into around and away."""
    nothing = {"spoke_waves": float("nan"), "radial_lines": float("nan")}
    if unfit(mask):
        return nothing
    plane, depth = smooth(tk.grey(image), CALM), tk.signed_distance(mask)
    ring = (depth < -NEAR) & (depth > -FAR)
    rows, columns = np.nonzero(ring)
    if len(rows) < SECTORS * 2:
        return nothing
    centre = np.argwhere(mask).mean(axis=0)
    turn = np.arctan2(rows - centre[0], columns - centre[1])
    sector = ((turn / (2 * np.pi) + 1 / 2) * SECTORS).astype(int) % SECTORS
    count = np.bincount(sector, minlength=SECTORS)
    total = np.bincount(sector, weights=plane[ring], minlength=SECTORS)
    usual = float(np.median(plane[ring])) + FLOOR
    around = np.where(count > 0, total / np.maximum(count, 1), usual) / usual
    waves = np.abs(np.fft.rfft(around - around.mean())) / SECTORS * 2
    down, across = np.gradient(plane)
    out_down, out_across = np.gradient(-depth)
    size = np.hypot(out_down, out_across) + TINY
    away = (down * out_down + across * out_across) / size
    along = (down * out_across - across * out_down) / size
    lines = np.log((along[ring] ** 2).mean() + TINY) - np.log((away[ring] ** 2).mean() + TINY)
    return {"spoke_waves": float(np.sqrt((waves[FIRST : LAST + 1] ** 2).sum())), "radial_lines": float(lines)}
