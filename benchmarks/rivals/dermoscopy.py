"""Ten-line rivals of the dermoscopy measures: plain, unguarded, on the image as it is.

Each takes an (H, W, 3) uint8 RGB image and an (H, W) bool mask and returns one number, up where the criterion
is met more.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


def lab_of(image: Picture) -> Floats:
    """Return CIELAB."""
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB))


def asymmetry(image: Picture, mask: Bools) -> float:
    """Mean colour difference of the lesion's box under both flips."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    lab, inside = lab_of(image)[box], mask[box]
    apart = []
    for axis in (0, 1):
        both = inside & np.flip(inside, axis)
        apart.append(np.linalg.norm(lab - np.flip(lab, axis), axis=2)[both].mean() if both.any() else 0.0)
    return float(np.mean(apart))


def border(image: Picture, mask: Bools) -> float:
    """Mean gradient of lightness along the outline."""
    light = cv2.GaussianBlur(lab_of(image)[:, :, 0], (0, 0), 2)
    steep = np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1))
    edge = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    return float(steep[edge].mean())


def colour(image: Picture, mask: Bools) -> float:
    """Count cells of CIELAB, 10 units wide, that hold a hundredth of the lesion."""
    cells = np.floor(lab_of(image)[mask] / 10).astype(int)
    _, counts = np.unique(cells, axis=0, return_counts=True)
    return float((counts > 0.01 * mask.sum()).sum())


def network(image: Picture, mask: Bools) -> float:
    """Spread of the high-passed lightness."""
    light = lab_of(image)[:, :, 0]
    return float((light - cv2.GaussianBlur(light, (0, 0), 4))[mask].std())


def globules(image: Picture, mask: Bools) -> float:
    """Share of dark spots in a difference of Gaussians."""
    light = lab_of(image)[:, :, 0]
    return float(((cv2.GaussianBlur(light, (0, 0), 6) - cv2.GaussianBlur(light, (0, 0), 2))[mask] > 4).mean())


def streaks(image: Picture, mask: Bools) -> float:
    """Spread of the high-passed lightness in the rim."""
    light = lab_of(image)[:, :, 0]
    rim = mask & (cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3) < 0.15 * np.sqrt(mask.sum()))
    return float((light - cv2.GaussianBlur(light, (0, 0), 4))[rim].std())


def veil(image: Picture, mask: Bools) -> float:
    """Share of the lesion with b* below 5."""
    return float((lab_of(image)[:, :, 2][mask] < 5).mean())


def regression(image: Picture, mask: Bools) -> float:
    """Share of the lesion in the lighter half of its own range."""
    light = lab_of(image)[:, :, 0][mask]
    return float((light > np.percentile(light, [5, 95]).mean()).mean())


def vessels(image: Picture, mask: Bools) -> float:
    """Spread of the high-passed a*."""
    red = lab_of(image)[:, :, 1]
    return float((red - cv2.GaussianBlur(red, (0, 0), 4))[mask].std())


def blotches(image: Picture, mask: Bools) -> float:
    """Difference of the lesion's median lightness and its darkest tenth."""
    light = lab_of(image)[:, :, 0][mask]
    return float(np.median(light) - np.percentile(light, 10))


def structureless(image: Picture, mask: Bools) -> float:
    """Homogeneity: share of pixels with next to no gradient of lightness."""
    light = cv2.GaussianBlur(lab_of(image)[:, :, 0], (0, 0), 1)
    steep = np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1))
    return float((steep[mask] < 4).mean())


RIVALS = {
    "asymmetry": asymmetry,
    "border": border,
    "colour": colour,
    "network": network,
    "atypical_network": network,
    "globules": globules,
    "streaks": streaks,
    "veil": veil,
    "regression": regression,
    "vessels": vessels,
    "blotches": blotches,
    "structureless": structureless,
}
