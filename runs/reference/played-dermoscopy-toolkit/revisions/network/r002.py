"""Network: how much of the lesion lies in small light meshes that dark lines close in on all sides."""

import cv2
import numpy as np
import toolkit as tk
from scipy import ndimage

CRITERION = "network"
FEATURES = {
    "mesh_share": {
        "unit": "fraction",
        "range": [-1, 1],
        "direction": "up",
        "meaning": "share of the lesion in small holes that are closed in by dark lines standing out more than skin's lines do, minus the same share of the skin ring",
    },
    "closed_part": {
        "unit": "fraction",
        "range": [0, 1],
        "direction": "up",
        "meaning": "part of the dark lines of the lesion that border a small closed hole: lines of a mesh do, single lines and spots do not",
    },
}
NEAR, FAR = 0.03, 0.25  # ring of skin, in roots of the lesion's area
MIN_PIXELS = 100  # of the ring, as the task asks
CORE = 0.06  # the edge of the lesion is left out, in roots of the area
FINE = 0.003  # smoothing, in shares of the frame's shorter side: noise goes
LINES = (0.006, 0.012)  # widths of lines, same unit
PERCENTILE, FLOOR = 95, 0.015  # of the height of skin's lines; least height of a line in log10
SMALL, LARGE = 0.005, 0.06  # least and largest side of a mesh, in shares of the frame's shorter side
LEAST_LINES = 0.01  # share of the lesion below which no line is judged
REACH = 3  # pixels: side of the square that finds a line's neighbours


def extract(image, mask):
    nothing = dict.fromkeys(FEATURES, float("nan"))
    left_out = tk.hair_mask(image) | tk.dark_corners(image) | tk.specular_mask(image) | tk.ruler_mask(image)
    ring = tk.skin_ring(mask, near=NEAR, far=FAR) & ~left_out
    core = (tk.signed_distance(mask) > CORE) & ~left_out
    if core.sum() < MIN_PIXELS or ring.sum() < MIN_PIXELS:
        return nothing
    side = min(mask.shape)
    density = np.array(tk.density(tk.without_hair(image)))
    density = cv2.GaussianBlur(density, (0, 0), max(FINE * side, 1 / 2))
    height = tk.ridges(density, widths=LINES, dark=False)  # a line of pigment is high in density
    lines = height > max(float(np.percentile(height[ring], PERCENTILE)), FLOOR)
    names, count = ndimage.label(~lines)  # 4 neighbours: a diagonal line closes
    areas = np.bincount(names.ravel(), minlength=count + 1)
    small = (areas >= (SMALL * side) ** 2) & (areas <= (LARGE * side) ** 2)
    small[0] = False  # the lines themselves
    meshes = small[names]
    beside = ndimage.binary_dilation(meshes, structure=np.ones((REACH, REACH)))
    own = lines & core
    return {
        "mesh_share": float(meshes[core].mean() - meshes[ring].mean()),
        "closed_part": float(beside[own].mean()) if own.sum() > LEAST_LINES * core.sum() else 0.0,
    }
