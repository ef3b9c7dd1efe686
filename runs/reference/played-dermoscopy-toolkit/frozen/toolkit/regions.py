"""Regions: distances from their border, rings around them, their parts."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .arguments import Mask, Plane, as_count, as_mask, as_number
from .memo import remembered
from .scale import root_of


@remembered
def signed_distance(mask: Mask) -> Plane:
    """Distance from the region's border: positive inside, negative outside.

    Parameters
    ----------
    mask : (H, W) bool

    Returns
    -------
    (H, W) float32, in roots of the region's area (a disc's centre has 0.56); -inf everywhere for an empty
    mask. The frame's edge is a border only where the mask fills the whole frame. Error below 3 %.

    References
    ----------
    Borgefors G. Comput Vis Graph Image Process 1986;34:344-371. doi:10.1016/S0734-189X(86)80047-0
    """
    mask = as_mask(mask)
    if not mask.any():
        return np.full(mask.shape, -np.inf, np.float32)
    solid = mask.view(np.uint8)
    if mask.all():
        return _distance(np.pad(solid, 1))[1:-1, 1:-1] / np.float32(root_of(mask))
    return (_distance(solid) - _distance(1 - solid)) / np.float32(root_of(mask))


def _distance(solid: NDArray[np.uint8]) -> Plane:
    return np.asarray(cv2.distanceTransform(solid, cv2.DIST_L2, 5))


@remembered
def skin_ring(mask: Mask, near: float = 0.06, far: float = 0.25) -> Mask:
    """Ring of surroundings outside a region, from `near` to `far` of the root of its area.

    Parameters
    ----------
    mask : (H, W) bool
    near, far : float, 0 to 5, near < far

    Returns
    -------
    (H, W) bool; empty for an empty mask, or where the region fills the frame

    References
    ----------
    Celebi ME et al. Comput Med Imaging Graph 2007;31:362-373. doi:10.1016/j.compmedimag.2007.01.003
    """
    near, far = as_number(near, "near", 0, 5), as_number(far, "far", 0, 5)
    outside = -signed_distance(mask)
    return (outside > near) & (outside <= far)


@remembered
def rim(mask: Mask, depth: float = 0.1) -> Mask:
    """Band inside a region along its border, `depth` of the root of its area wide.

    Parameters
    ----------
    mask : (H, W) bool
    depth : float, 0.005 to 1

    Returns
    -------
    (H, W) bool

    References
    ----------
    Celebi ME et al. Comput Med Imaging Graph 2007;31:362-373. doi:10.1016/j.compmedimag.2007.01.003
    """
    depth, inside = as_number(depth, "depth", 0.005, 1), signed_distance(mask)
    return (inside > 0) & (inside <= depth)


@remembered
def components(mask: Mask, least: float = 0.0) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Label the connected parts of a mask by size, 1 the largest (8 neighbours).

    Parameters
    ----------
    mask : (H, W) bool
    least : float, 0 to 1
        Parts below this share of the frame are left out.

    Returns
    -------
    labels : (H, W) int32
        0 outside.
    areas : (n,) float32
        Share of the frame, falling; areas[0] belongs to label 1.

    References
    ----------
    Bolelli F et al. IEEE Trans Image Process 2020;29:1999-2012. doi:10.1109/TIP.2019.2946979
    """
    mask, least = as_mask(mask), as_number(least, "least", 0, 1)
    count, labels, stats = cv2.connectedComponentsWithStats(mask.view(np.uint8))[:3]
    areas = stats[:, cv2.CC_STAT_AREA].astype(np.float64) / mask.size
    areas[0] = -1.0
    order = np.argsort(-areas, kind="stable")[: int((areas >= max(least, 1e-12)).sum())]
    renamed = np.zeros(count, np.int32)
    renamed[order] = np.arange(1, len(order) + 1)
    return renamed[labels], areas[order].astype(np.float32)


@remembered
def largest(mask: Mask, count: int = 1) -> Mask:
    """Keep the largest connected parts of a mask.

    Parameters
    ----------
    mask : (H, W) bool
    count : int, 1 to 100

    Returns
    -------
    (H, W) bool

    References
    ----------
    Bolelli F et al. IEEE Trans Image Process 2020;29:1999-2012. doi:10.1109/TIP.2019.2946979
    """
    labels = components(mask)[0]
    return (labels > 0) & (labels <= as_count(count, "count", 1, 100))


@remembered
def filled(mask: Mask) -> Mask:
    """Fill the holes of a mask: whatever outside does not reach the frame's edge.

    Parameters
    ----------
    mask : (H, W) bool

    Returns
    -------
    (H, W) bool

    References
    ----------
    Soille P. Morphological image analysis. Springer 2004. doi:10.1007/978-3-662-05088-0
    """
    outside = np.pad(~as_mask(mask), 1, constant_values=True).view(np.uint8)
    labels = cv2.connectedComponents(outside, connectivity=4)[1]
    return np.ascontiguousarray((labels != labels[0, 0])[1:-1, 1:-1])


@remembered
def smoothed(mask: Mask, size: float = 0.03) -> Mask:
    """Smooth a region's outline: teeth and gaps below `size` of the root of its area go.

    Parameters
    ----------
    mask : (H, W) bool
    size : float, 0.001 to 0.5

    Returns
    -------
    (H, W) bool

    References
    ----------
    Merriman B et al. J Comput Phys 1994;112:334-363. doi:10.1006/jcph.1994.1105
    """
    mask, size = as_mask(mask), as_number(size, "size", 0.001, 0.5)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.5, size * root_of(mask)))
    return np.asarray(soft >= 0.5)


@remembered
def share(mask: Mask, region: Mask | None = None) -> float:
    """Share of a region that a mask covers.

    Parameters
    ----------
    mask : (H, W) bool
    region : (H, W) bool, optional
        By default the frame.

    Returns
    -------
    float, 0 to 1; NaN for an empty region

    References
    ----------
    A count of pixels.
    """
    mask = as_mask(mask)
    if region is None:
        return float(np.count_nonzero(mask) / mask.size)
    region = as_mask(region, "region", mask.shape)
    whole = np.count_nonzero(region)
    return float(np.count_nonzero(mask & region) / whole) if whole else float("nan")


def centre_of(mask: Mask) -> tuple[float, float]:
    """Row and column of a region's centre of mass, in pixels; the mask is not empty."""
    moments: dict[str, Any] = cv2.moments(mask.view(np.uint8), binaryImage=True)
    return moments["m01"] / moments["m00"], moments["m10"] / moments["m00"]
