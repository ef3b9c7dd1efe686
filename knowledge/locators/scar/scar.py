"""Where a scar lies on skin: the area whose colour differs most from that of the skin around it.

Colour is compared in CIELAB with lightness at half weight, because relief and light change lightness most.

Source: colour of scars against skin, Cheon YW et al. J Craniofac Surg 2010;21:679; threshold: Otsu N, IEEE
Trans Syst Man Cybern 1979;9:62-66, doi:10.1109/TSMC.1979.4310076.
"""

import cv2
import numpy as np
from scipy import ndimage
from skimage.filters import threshold_otsu

LOCATOR = "scar"
WORK_PX = 256
SMOOTH = 0.012
LIGHTNESS = 0.5
CENTRED = 0.3
SMALLEST = 0.004
LARGEST = 0.8
LEAST_CONTRAST = 1.5
RIM = 10
VARIANTS = {"SMOOTH": [0.008, 0.02], "LIGHTNESS": [0.3, 0.8], "CENTRED": [0.25, 0.4]}


def colours_of(image):
    """Return smoothed CIELAB at a working size, lightness weighted down."""
    height, width = image.shape[:2]
    factor = min(1.0, WORK_PX / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(np.ascontiguousarray(image[:, :, :3]), size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    sigma = SMOOTH * max(size)
    return cv2.GaussianBlur(lab, (0, 0), sigma) * np.array([LIGHTNESS, 1.0, 1.0], np.float32)


def skin_at(colours):
    """Return the colour of skin at each place: a plane through the rim, fitted again without what is far."""
    height, width = colours.shape[:2]
    rows, columns = np.indices((height, width)) / np.array([height, width]).reshape(2, 1, 1) - 0.5
    terms = np.stack([np.ones((height, width)), rows, columns], axis=2)
    rim = np.maximum(np.abs(rows), np.abs(columns)) > 0.42
    near, seen = terms[rim], colours[rim]
    plane = np.zeros((3, 3))
    plane[0] = np.median(seen, axis=0)
    for share in (50, 60, 70):  # a ruler or a dressing may fill a quarter of the rim
        far = np.abs(seen - near @ plane).sum(axis=1)
        kept = far <= np.percentile(far, share)
        plane = np.linalg.lstsq(near[kept], seen[kept], rcond=None)[0]
    return terms @ plane


def locate(image):
    """Find the scar; empty where nothing stands out from the skin."""
    nothing = np.zeros(image.shape[:2], bool)
    if min(image.shape[:2]) < 24 or image.shape[2] < 3:
        return nothing, 0.0
    colours = colours_of(image)
    distance = np.sqrt(((colours - skin_at(colours)) ** 2).sum(axis=2))
    if float(np.ptp(distance)) < 1e-6:
        return nothing, 0.0
    root = np.sqrt(distance)
    reach = max(1, max(root.shape) // 100)
    inner = root[RIM:-RIM, RIM:-RIM] if min(root.shape) > 4 * RIM else root
    inside = ndimage.binary_opening(root > float(threshold_otsu(inner)), iterations=reach)
    parts, count = ndimage.label(ndimage.binary_fill_holes(inside))
    if not count:
        return nothing, 0.0
    rows, columns = [(np.arange(side) + 0.5) / side - 0.5 for side in root.shape]
    weight = np.exp(-(rows[:, None] ** 2 + columns[None, :] ** 2) / (2 * CENTRED**2))
    chosen = parts == 1 + int(np.argmax(np.bincount(parts.ravel(), weights=weight.ravel())[1:]))
    contrast = float(np.median(distance[chosen]) - np.median(distance[~chosen])) if not chosen.all() else 0.0
    if not SMALLEST <= chosen.mean() <= LARGEST or contrast < LEAST_CONTRAST:
        return nothing, 0.0
    size = (image.shape[1], image.shape[0])
    grown = cv2.resize(chosen.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0.4
    return grown, float(np.clip(contrast / 12.0, 0, 1))
