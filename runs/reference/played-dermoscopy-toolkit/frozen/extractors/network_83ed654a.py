"""Network: dark lines and the light meshes between them, inside the lesion against the skin around."""

import numpy as np
import toolkit as tk

CRITERION = "network"
FEATURES = {
    "network_strength": {
        "unit": "log10",
        "range": [-0.1, 0.3],
        "direction": "up",
        "meaning": "mean height of lines of density, spots taken off, inside the lesion minus the same in the skin ring",
    },
    "mesh_depth": {
        "unit": "log10",
        "range": [-0.1, 0.3],
        "direction": "up",
        "meaning": "mean depth of small light holes below denser surroundings on all sides inside the lesion minus the same in the skin ring",
    },
}
NEAR, FAR = 0.03, 0.25  # ring of skin, in roots of the lesion's area
MIN_PIXELS = 100  # of the ring, as the task asks
CORE = 0.06  # the edge of the lesion is left out, in roots of the area
LINES = (0.006, 0.01)  # widths of lines, in shares of the frame's shorter side
SPOTS = (0.01, 0.016)  # sizes of spots and of meshes, same unit


def extract(image, mask):
    nothing = dict.fromkeys(FEATURES, float("nan"))
    left_out = tk.hair_mask(image) | tk.dark_corners(image) | tk.specular_mask(image) | tk.ruler_mask(image)
    ring = tk.skin_ring(mask, near=NEAR, far=FAR) & ~left_out
    core = (tk.signed_distance(mask) > CORE) & ~left_out
    if core.sum() < MIN_PIXELS or ring.sum() < MIN_PIXELS:
        return nothing
    density = tk.density(tk.without_hair(image))
    lines = tk.ridges(density, widths=LINES, dark=False)  # a line of pigment is high in density
    spots = tk.blobs(density, sizes=SPOTS, dark=False)
    lines = np.maximum(lines - spots, 0)
    meshes = tk.blobs(density, sizes=SPOTS, dark=True)
    return {
        "network_strength": float(lines[core].mean() - lines[ring].mean()),
        "mesh_depth": float(meshes[core].mean() - meshes[ring].mean()),
    }
