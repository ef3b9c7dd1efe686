"""Cleaning: filling marks from their surroundings, and undoing shading, speckle and depth gain."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .arguments import Mask, Picture, Plane, as_image, as_mask, as_number, as_plane, as_region
from .colour import grey
from .marks import hair_mask
from .memo import remembered
from .scale import enlarged, side_of, smaller


@remembered
def shading_corrected(image: Picture, region: Mask | None = None) -> Picture:
    """Even out slow shading: divide by a quadratic surface fitted to the log brightness of a region.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB
    region : (H, W) bool, optional
        Where the surface should be even, as the skin around a lesion; by default the frame.

    Returns
    -------
    (H, W, 3) uint8 RGB, with the region's median brightness; unchanged where the region has under 64 pixels.
        The gain stays within 0.4 to 2.5.

    References
    ----------
    Cavalcanti PG, Scharcanski J. Comput Med Imaging Graph 2011;35:481-491.
    doi:10.1016/j.compmedimag.2011.02.007
    """
    image = as_image(image)
    rows, columns = np.nonzero(as_region(region, "region", image.shape))
    if len(rows) < 64:
        return image.copy()
    pick = np.linspace(0, len(rows) - 1, min(len(rows), 2000)).astype(int)
    rows, columns = rows[pick], columns[pick]
    level = np.log(grey(image)[rows, columns] + 0.02)
    height, width = image.shape[:2]
    terms = _quadratic(2 * rows / height - 1, 2 * columns / width - 1)
    keep = np.abs(level - np.median(level)) <= 2.5 * np.median(np.abs(level - np.median(level))) + 0.05
    fit = np.linalg.lstsq(terms[keep].T @ terms[keep], terms[keep].T @ level[keep], rcond=None)[0]
    grid = np.meshgrid(np.linspace(-1, 1, 64), np.linspace(-1, 1, 64), indexing="ij")
    gain = np.exp(np.clip(np.median(level) - _quadratic(*grid) @ fit, np.log(0.4), np.log(2.5)))
    spread = enlarged(gain.astype(np.float32), image.shape)
    return np.asarray(cv2.multiply(image, cv2.merge([spread] * 3), dtype=cv2.CV_8U), dtype=np.uint8)


def _quadratic(row: NDArray[Any], column: NDArray[Any]) -> NDArray[Any]:
    return np.stack([np.ones_like(row), row, column, row * row, row * column, column * column], axis=-1)


@remembered
def inpainted(image: Picture, mask: Mask) -> Picture:
    """Fill a mask from its surroundings: the mean of what is known, first near and then farther away.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB
    mask : (H, W) bool
        What is to be filled.

    Returns
    -------
    (H, W, 3) uint8 RGB; unchanged outside the mask, and where the mask is the whole frame

    References
    ----------
    Knutsson H, Westin CF. Proc CVPR 1993:515-523. doi:10.1109/CVPR.1993.341081
    """
    image = as_image(image)
    mask = as_mask(mask, "mask", image.shape)
    known, result = np.asarray(~mask, np.uint8), image.copy()
    if not mask.any() or mask.all():
        return result
    light, open_ = np.asarray(cv2.copyTo(image, known), np.uint8), mask
    for width in (int(side_of(image) * part) | 1 for part in (0.02, 0.06, 0.2, 0.7, 2.0)):
        weight = _sum_around(known, width)
        near = open_ & (weight > 0.05 * width * width)
        fill = _sum_around(light, width)[near] / weight[near, None]
        result[near] = np.clip(np.rint(fill), 0, 255)
        open_ = open_ & ~near
        if not open_.any():
            break
    return result


def _sum_around(plane: Picture, width: int) -> Plane:
    square, edge = (width, width), cv2.BORDER_CONSTANT
    return np.asarray(cv2.boxFilter(plane, cv2.CV_32F, square, normalize=False, borderType=edge))


@remembered
def without_hair(image: Picture) -> Picture:
    """Fill the hairs of `hair_mask` from their surroundings.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB

    Returns
    -------
    (H, W, 3) uint8 RGB

    References
    ----------
    Lee T et al. Comput Biol Med 1997;27:533-543. doi:10.1016/S0010-4825(97)00020-6
    """
    return inpainted(image, hair_mask(image))


@remembered
def despeckled(plane: Plane, size: float = 0.02) -> Plane:
    """Smooth speckle and keep edges: towards the local mean where the spread is that of speckle.

    Parameters
    ----------
    plane : (H, W) numbers from 0
    size : float, 0.003 to 0.2
        Side of the window over the frame's shorter side.

    Returns
    -------
    (H, W) float32, in units of the plane

    References
    ----------
    Lee JS. IEEE Trans Pattern Anal Mach Intell 1980;2:165-168. doi:10.1109/TPAMI.1980.4766994
    """
    plane, size = as_plane(plane), as_number(size, "size", 0.003, 0.2)
    width = max(3, int(size * side_of(plane)) | 1)
    mean = cv2.blur(plane, (width, width))
    spread = np.maximum(cv2.blur(plane * plane, (width, width)) - mean * mean, 0)
    relative = spread / (mean * mean + 1e-6)
    noise = np.float32(np.median(smaller(relative, side_of(plane) / 4)))
    return np.asarray(mean + (plane - mean) * np.clip(1 - noise / (relative + 1e-9), 0, 1))


@remembered
def depth_normalised(plane: Plane, size: float = 0.06) -> Plane:
    """Divide an ultrasound frame by the usual brightness at each depth, so that dark means dark for a depth.

    Parameters
    ----------
    plane : (H, W) numbers from 0
        Rows are depths; the transducer is on top. Pixels below 0.02 of the maximum are outside the sector.
    size : float, 0.005 to 0.5
        How far the brightness is smoothed along depth, over the frame's height.

    Returns
    -------
    (H, W) float32, 1 is the median of that depth, 0 outside the sector, cut at 4

    References
    ----------
    Hughes DI, Duck FA. Ultrasound Med Biol 1997;23:651-664.
    """
    plane, size = as_plane(plane), as_number(size, "size", 0.005, 0.5)
    seen = plane > max(0.02 * float(plane.max()), 1e-9)
    if not seen.any():
        return np.zeros_like(plane)
    ordered = np.sort(np.where(seen, plane, np.float32(np.inf)), axis=1)
    middle = ordered[np.arange(len(plane)), np.maximum(seen.sum(axis=1) - 1, 0) // 2]
    filled_in = seen.any(axis=1)
    usual = np.interp(np.arange(len(plane)), np.flatnonzero(filled_in), middle[filled_in]).astype(np.float32)
    smooth = cv2.GaussianBlur(usual[:, None], (1, 0), sigmaX=0.3, sigmaY=max(0.5, size * len(plane)))
    return np.asarray(np.where(seen, np.minimum(plane / np.maximum(smooth, 1e-6), 4), 0), np.float32)
