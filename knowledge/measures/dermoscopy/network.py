"""Strength, share and regularity of the pigment network, from ridges of optical density.

Sources: network of the ABCD rule's D (Nachbar F et al. J Am Acad Dermatol 1994;30:551-559); lines
found as in directional-filter detectors (Barata C et al. EMBC 2011:5120, 10.1109/IEMBS.2011.6091268).
"""

import cv2
import numpy as np

CRITERION = "network"
FEATURES = {
    "network_strength": {
        "unit": "log10",
        "range": [0, 0.5],
        "direction": "up",
        "meaning": "mean height of dark lines over their surroundings inside the lesion, in density",
    },
    "mesh_depth": {
        "unit": "log10",
        "range": [0, 0.5],
        "direction": "up",
        "meaning": "mean depth of light meshes below their dark surroundings, in optical density",
    },
}
LINE_PX = 1.4
SCALES = [1.0, 1.6]
MESH_FACTOR = 1.2
RIM = 0.06
FLOOR = 0.008
MIN_LESION_PX = 200
HAIR_PX = 1.6
HAIR_DENSITY = 0.22
HAIR_LENGTH = 0.45
VARIANTS = {
    "LINE_PX": [1.1, 1.8],
    "SCALES": [[1.0], [1.0, 1.6, 2.5]],
    "MESH_FACTOR": [1.0, 1.6],
    "RIM": [0.03, 0.1],
    "FLOOR": [0.003, 0.02],
}
NAN = float("nan")


def density(image, floor):
    """Optical density of each channel of an 8-bit image, log10 of linear light."""
    return (-np.log10((np.arange(256) / 255) ** 2.2 + floor)).astype(np.float32)[image]


def hairless(image, root):
    """Image with long thin dark lines (hairs, ruler ticks) replaced by their surroundings."""
    width = 2 * int(np.ceil(HAIR_PX * max(1.0, np.sqrt(image.shape[0] * image.shape[1]) / 256))) + 1
    red = density(image, 0.01)[:, :, 0]
    thin = red - cv2.morphologyEx(red, cv2.MORPH_OPEN, np.ones((width, width), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats((thin > HAIR_DENSITY).astype(np.uint8))
    long = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) > HAIR_LENGTH * root
    long = long & (np.arange(count) > 0)
    hair = cv2.dilate(long[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not hair.any():
        return image
    return np.where(hair[:, :, None], cv2.medianBlur(image, 2 * width + 1), image)


def crop(image, mask):
    """Cut the lesion out with a small margin."""
    rows, columns = np.nonzero(mask)
    top, left = max(0, rows.min() - 12), max(0, columns.min() - 12)
    window = (slice(top, rows.max() + 13), slice(left, columns.max() + 13))
    return image[window], mask[window]


def curvatures(grey, sigma):
    """Curvature across and along lines, in units of density: dark lines are negative across."""
    smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
    xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3) / 4
    yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3) / 4
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3) / 4
    half, bow = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    return (half - bow) * sigma**2, (half + bow) * sigma**2


def extract(image, mask):
    """Measure the network; NaN for lesions too small to show one."""
    if mask.sum() < MIN_LESION_PX:
        return {"network_strength": NAN, "mesh_depth": NAN}
    unit = max(1.0, np.sqrt(mask.size) / 256)
    image, mask = crop(image, mask)
    clean = hairless(np.ascontiguousarray(image[:, :, :3]), np.sqrt(mask.sum()))
    grey = density(clean[:, :, :2], FLOOR).mean(axis=2)
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    inner = depth > RIM * np.sqrt(mask.sum())
    if inner.sum() < MIN_LESION_PX:
        return {"network_strength": NAN, "mesh_depth": NAN}
    lines, meshes = np.zeros_like(grey), np.zeros_like(grey)
    for scale in SCALES:
        across, along = curvatures(grey, LINE_PX * unit * scale)
        lines = lines + np.clip(-across, 0, None) - np.clip(-along, 0, None)
        across, along = curvatures(grey, MESH_FACTOR * LINE_PX * unit * scale)
        meshes = np.maximum(meshes, np.clip(across, 0, None))
    return {
        "network_strength": float(lines[inner].mean() / len(SCALES)),
        "mesh_depth": float(meshes[inner].mean()),
    }
