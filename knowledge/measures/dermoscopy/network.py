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
MIN_PX = 200
VARIANTS = {"LINE": [0.0028, 0.005], "MESH": [0.0035, 0.006], "RIM": [0.03, 0.1]}
NAN = float("nan")


def dense_of(image):
    """Optical density of red and green, hairs filled."""
    return cv2.transform(tk.optical_density(tk.without_hair(image), FLOOR), np.array([[0.5, 0.5, 0.0]]))


def extract(image, mask):
    """Measure the network; NaN for a region too small. Without skin around, skin's share is taken as 0."""
    inner = tk.signed_distance(mask) > RIM
    if inner.sum() < MIN_PX:
        return {name: NAN for name in FEATURES}
    dense = dense_of(image)
    lines = tk.ridges(dense, LINE)
    around = lines[tk.skin_ring(mask, 0.12, 0.3) & ~tk.dark_corners(image)]
    skin = float(around.mean()) if len(around) >= MIN_PX // 2 else 0.0
    meshes = tk.blobs(dense, MESH, dark=False)
    return {
        "network_strength": float(lines[inner].mean()) - skin,
        "mesh_depth": float(meshes[inner].mean()),
    }
