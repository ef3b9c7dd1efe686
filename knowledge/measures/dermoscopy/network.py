"""Pigment network: dark lines around light meshes, beyond what skin shows, and how evenly they lie.

Sources: network of the ABCD rule's D (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559); lines found as
in directional-filter detectors (Barata C et al. EMBC 2011:5120, 10.1109/IEMBS.2011.6091268). Lengths are
shares of the frame's shorter side: at the dermatoscope's magnification a mesh is 1 to 3 % of it.
"""

import cv2
import numpy as np
import toolkit as tk

CRITERION = "network"
FEATURES = {
    "network_strength": {
        "unit": "log10",
        "range": [-0.05, 0.1],
        "direction": "up",
        "meaning": "mean contrast of dark lines inside the lesion minus that in the skin around, in density",
    },
    "mesh_depth": {
        "unit": "log10",
        "range": [0, 0.1],
        "direction": "up",
        "meaning": "mean depth of light meshes below their dark surroundings, in optical density",
    },
}
LINE = 0.0035
MESH = 0.0045
RIM = 0.06
FLOOR = 0.01
SIDE = 256
MIN_PX = 200
VARIANTS = {"LINE": [0.0028, 0.005], "MESH": [0.0035, 0.006], "RIM": [0.03, 0.1]}
NAN = float("nan")


def dense_of(image):
    """Optical density of red and green, hairs filled."""
    return tk.density(tk.without_hair(image), floor=FLOOR)


def extract(image, mask):
    """Measure the network; NaN for a region too small. Without skin around, skin's share is taken as 0."""
    image, mask = tk.reduced(image, SIDE), tk.reduced(mask, SIDE)
    inner = tk.signed_distance(mask) > RIM
    if np.count_nonzero(inner) < MIN_PX:
        return {name: NAN for name in FEATURES}
    dense = dense_of(image)
    lines = tk.ridges(dense, LINE)
    around = lines[tk.skin_ring(mask, 0.12, 0.3) & ~tk.dark_corners(image)]
    skin = float(around.mean()) if len(around) >= MIN_PX // 2 else 0.0
    meshes = tk.blobs(dense, MESH, dark=False)
    return {
        "network_strength": cv2.mean(lines, inner.astype(np.uint8))[0] - skin,
        "mesh_depth": cv2.mean(meshes, inner.astype(np.uint8))[0],
    }
