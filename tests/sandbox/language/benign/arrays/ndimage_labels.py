import numpy as np
from scipy import ndimage as ndi


def extract(image, mask):
    g = image.mean(axis=2)
    lab, n = ndi.label(g > np.percentile(g, 80), structure=ndi.generate_binary_structure(2, 2))
    idx = np.arange(1, n + 1)
    sizes = ndi.sum(np.ones_like(g), lab, idx)
    com = ndi.center_of_mass(mask)
    boxes = ndi.find_objects(lab)
    return {
        "n": float(n),
        "big": float(sizes.max()),
        "com": float(com[0] + com[1]),
        "box": float(len(boxes)),
        "fill": float(ndi.binary_fill_holes(mask).sum()),
        "dist": float(ndi.distance_transform_edt(mask).max()),
        "open": float(ndi.binary_opening(mask, iterations=2).sum()),
        "erode": float(ndi.binary_erosion(mask, structure=np.ones((3, 3))).sum()),
        "std": float(np.mean(ndi.standard_deviation(g, lab, idx))),
        "grey": float(ndi.grey_closing(g, size=(3, 3)).mean()),
        "map": float(ndi.map_coordinates(g, [[1.5, 2.5], [3.2, 4.1]], order=1).sum()),
    }
