"""Where a pigmented lesion lies on skin: what differs most in colour from the rim of the image.

Source: Otsu N, IEEE Trans Syst Man Cybern 1979;9:62-66, doi:10.1109/TSMC.1979.4310076; thresholds for lesion
borders: Celebi ME et al., Skin Res Technol 2013;19:e252-e258, doi:10.1111/j.1600-0846.2012.00636.x.
"""

import cv2
import numpy as np
from scipy import ndimage
from skimage.filters import threshold_otsu

LOCATOR = "lesion"
WORK_PX = 256
RIM = 0.06
CENTRED = 0.3
SMOOTH = 0.01
SMALLEST = 0.005
LARGEST = 0.85
DARK = 40
VARIANTS = {"RIM": [0.04, 0.1], "CENTRED": [0.25, 0.4], "SMOOTH": [0.006, 0.018]}


def shrunk(image):
    """Return the image at a working size: finer detail is hair and pores."""
    height, width = image.shape[:2]
    factor = min(1.0, WORK_PX / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(np.ascontiguousarray(image[:, :, :3]), size, interpolation=cv2.INTER_AREA)


def frame_of(image):
    """Find the dark frame of the dermatoscope: what is dark and touches a corner."""
    dark = ndimage.label(image.max(axis=2) < DARK)[0]
    corners = [int(dark[y, x]) for y in (0, -1) for x in (0, -1) if dark[y, x]]
    return np.isin(dark, corners)


def distance_from_skin(image, frame):
    """Return the root of how far each colour is from the median of the rim; 0 in the frame."""
    colours = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float64)
    sigma = SMOOTH * max(image.shape[:2])
    smooth = ndimage.gaussian_filter(colours, (sigma, sigma, 0))
    rim = np.ones(frame.shape, bool)
    down, right = [max(1, round(RIM * side)) for side in frame.shape]
    rim[down:-down, right:-right] = False
    rim &= ~frame
    if not rim.any():
        return np.zeros(frame.shape)
    skin = np.median(smooth[rim], axis=0)
    distance = np.sqrt(((smooth - skin) ** 2).sum(axis=2))
    return np.where(frame, 0.0, np.sqrt(distance))


def middle(shape):
    """Weigh pixels by how near the middle they lie."""
    rows = (np.arange(shape[0]) + 0.5) / shape[0] - 0.5
    columns = (np.arange(shape[1]) + 0.5) / shape[1] - 0.5
    return np.exp(-(rows[:, None] ** 2 + columns[None, :] ** 2) / (2 * CENTRED**2))


def locate(image):
    """Find the lesion; empty where nothing that could be one stands out from the rim."""
    nothing = np.zeros(image.shape[:2], bool)
    if min(image.shape[:2]) < 24 or image.shape[2] < 3:
        return nothing, 0.0
    small = shrunk(image)
    frame = frame_of(small)
    if frame.all():
        return nothing, 0.0
    distance = distance_from_skin(small, frame)
    level = float(threshold_otsu(distance[~frame])) if np.ptp(distance[~frame]) > 1e-6 else 0.0
    inside = ndimage.binary_opening(distance > level, iterations=max(1, max(distance.shape) // 100))
    parts, count = ndimage.label(ndimage.binary_fill_holes(inside))
    if not count:
        return nothing, 0.0
    weight = np.bincount(parts.ravel(), weights=middle(distance.shape).ravel())[1:]
    chosen = parts == 1 + int(np.argmax(weight))
    contrast = float(np.mean(distance[chosen]) - np.mean(distance[~chosen & ~frame])) if chosen.any() else 0.0
    if not SMALLEST <= chosen.mean() <= LARGEST or contrast < 0.7:
        return nothing, 0.0
    size = (image.shape[1], image.shape[0])
    grown = cv2.resize(chosen.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0.4
    return grown, float(np.clip(contrast / 4.0, 0, 1))
