"""Shapes: outlines, polar maps, symmetry."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .arguments import Mask, Plane, as_count, as_mask, as_number, as_plane
from .memo import remembered
from .regions import centre_of, filled, largest
from .scale import root_of

RAYS = 72
"""Directions at which symmetry and border contrast are read, every 5 degrees."""
RINGS = 24
NAN = float("nan")


@remembered
def outline(mask: Mask, points: int = 256) -> NDArray[np.float32]:
    """Outline of the largest part, evenly along its length, smoothed by half a hundredth of it.

    Parameters
    ----------
    mask : (H, W) bool
    points : int, 16 to 1024

    Returns
    -------
    (points, 2) float32, column and row in roots of the region's area; NaN for fewer than 8 pixels

    References
    ----------
    Suzuki S, Abe K. Comput Vis Graph Image Process 1985;30:32-46. doi:10.1016/0734-189X(85)90016-7
    """
    return _path(filled(largest(mask)), as_count(points, "points", 16, 1024))


def _path(mask: Mask, points: int) -> NDArray[np.float32]:
    if np.count_nonzero(mask) < 8:
        return np.full((points, 2), np.nan, np.float32)
    found = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    path = max(found, key=len)[:, 0].astype(np.float64)
    closed = np.vstack([path, path[:1]])
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, along[-1], points, endpoint=False)
    even = np.column_stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)])
    waves = np.exp(-0.5 * (2 * np.pi * np.fft.fftfreq(points) * 0.005 * points) ** 2)
    smooth = np.fft.ifft(np.fft.fft(even, axis=0) * waves[:, None], axis=0).real
    return (smooth / root_of(mask)).astype(np.float32)


@remembered
def contour(mask: Mask) -> dict[str, float]:
    """Descriptors of a region's outline; the largest part with its holes filled.

    Parameters
    ----------
    mask : (H, W) bool

    Returns
    -------
    dict of float, NaN for fewer than 8 pixels
        "area" share of the frame; "compactness" 4 pi area over perimeter squared, 1 for a disc;
        "solidity" area over convex hull's; "elongation" longer over shorter axis of inertia, from 1;
        "roughness" spread (SD) of the distance from the centre over its mean, 0 for a disc;
        "cut" share of the outline that lies on the frame's edge.

    References
    ----------
    Bribiesca E. Pattern Recognit 2008;41:543-554. doi:10.1016/j.patcog.2007.06.029
    """
    names = ("area", "compactness", "solidity", "elongation", "roughness", "cut")
    mask = filled(largest(mask))
    path = _path(mask, 256).astype(np.float64)
    if np.isnan(path).any():
        return dict.fromkeys(names, NAN)
    x, y = path.T
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    length = np.hypot(*(np.roll(path, -1, axis=0) - path).T).sum()
    hull = cv2.contourArea(cv2.convexHull(path.astype(np.float32)))
    reach = np.hypot(*(path - path.mean(axis=0)).T)
    values = (
        np.count_nonzero(mask) / mask.size,
        min(1.0, 4 * np.pi * area / length**2),
        min(1.0, area / max(hull, 1e-9)),
        _elongation(mask),
        reach.std() / reach.mean(),
        _cut(path * root_of(mask), mask.shape),
    )
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def _elongation(mask: Mask) -> float:
    moments = cv2.moments(mask.view(np.uint8), binaryImage=True)
    spread = np.array([[moments["mu20"], moments["mu11"]], [moments["mu11"], moments["mu02"]]])
    short, long = np.linalg.eigvalsh(spread / moments["m00"] + np.eye(2) / 12)  # a pixel's own inertia
    return float(np.sqrt(long / short))


def _cut(path: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    away = np.minimum(path, np.array(shape[::-1]) - 1 - path).min(axis=1)
    return float((away < 1.0).mean())


def _reach(mask: Mask, angles: int) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Distance in pixels from the centre to the region's last pixel along each ray, and the centre."""
    row, column = centre_of(mask)
    corner = np.hypot(max(row, mask.shape[0] - row), max(column, mask.shape[1] - column))
    steps = int(min(256, max(8, corner)))
    radii = np.linspace(0, corner, steps)
    seen = _sampled(mask.astype(np.float32), (row, column), radii[:, None] * np.ones(angles)) >= 0.5
    last = np.where(seen.any(axis=0), steps - 1 - seen[::-1].argmax(axis=0), 0)
    return np.maximum(radii[last], 0.5), (row, column)


def _sampled(plane: Plane, centre: tuple[float, float], radii: NDArray[np.float64]) -> Plane:
    """Read a plane along rays, (rings, angles); outside the frame 0."""
    turn = 2 * np.pi * np.arange(radii.shape[1]) / radii.shape[1]
    columns = (centre[1] + radii * np.cos(turn)).astype(np.float32)
    rows = (centre[0] - radii * np.sin(turn)).astype(np.float32)
    return np.asarray(cv2.remap(plane, columns, rows, cv2.INTER_LINEAR))


@remembered
def polar_map(plane: Plane, mask: Mask, rings: int = 32, angles: int = 72, far: float = 1.5) -> Plane:
    """Read a plane along rays from the region's centre, its border always at the same height.

    Parameters
    ----------
    plane : (H, W) numbers
    mask : (H, W) bool
    rings : int, 4 to 128
    angles : int, 8 to 360
    far : float, 0.1 to 4
        Last ring, 1 is the region's border along that ray.

    Returns
    -------
    (rings, angles) float32; ring k lies at (k + 0.5) / rings * far of the way to the border, angle 0 points
    right and they turn counter-clockwise. NaN outside the frame and for an empty mask.

    References
    ----------
    A change of coordinates.
    """
    plane = as_plane(plane)
    mask = as_mask(mask, "mask", plane.shape)
    rings, angles = as_count(rings, "rings", 4, 128), as_count(angles, "angles", 8, 360)
    far = as_number(far, "far", 0.1, 4)
    if not mask.any():
        return np.full((rings, angles), np.nan, np.float32)
    reach, centre = _reach(mask, angles)
    radii = ((np.arange(rings) + 0.5) / rings * far)[:, None] * reach
    inside = _sampled(np.ones_like(plane), centre, radii) > 0.99
    return np.where(inside, _sampled(plane, centre, radii), np.float32(np.nan))


@remembered
def radial_profile(mask: Mask, angles: int = 72) -> NDArray[np.float32]:
    """Distance from the region's centre to its border in each direction.

    Parameters
    ----------
    mask : (H, W) bool
    angles : int, 8 to 360

    Returns
    -------
    (angles,) float32, in roots of the region's area (0.56 for a disc); angle 0 points right,
    counter-clockwise; NaN for an empty mask

    References
    ----------
    Kilday J et al. IEEE Trans Med Imaging 1993;12:664-669. doi:10.1109/42.251116
    """
    mask, angles = as_mask(mask), as_count(angles, "angles", 8, 360)
    if not mask.any():
        return np.full(angles, np.nan, np.float32)
    return np.asarray(_reach(mask, angles)[0] / root_of(mask), np.float32)


@remembered
def fourier(mask: Mask, count: int = 10) -> NDArray[np.float32]:
    """Sizes of the waves of a region's outline, from 2 to count + 1 a turn, over the first wave's.

    Parameters
    ----------
    mask : (H, W) bool
    count : int, 1 to 60

    Returns
    -------
    (count,) float32, 0 for a disc, 0.07 for wave 3 of an ellipse of 2 to 1 (points lie evenly along the
    outline); NaN for fewer than 8 pixels

    References
    ----------
    Kuhl FP, Giardina CR. Comput Graph Image Process 1982;18:236-258. doi:10.1016/0146-664X(82)90034-X
    """
    count, path = as_count(count, "count", 1, 60), outline(mask, 256)
    waves = np.abs(np.fft.fft(path[:, 0] + 1j * path[:, 1]))
    sizes = np.hypot(waves[2 : count + 2], waves[-2 : -count - 2 : -1])
    return np.asarray(sizes / np.hypot(waves[1], waves[-1]), np.float32)


@remembered
def symmetry(plane: Plane, mask: Mask) -> dict[str, float]:
    """Asymmetry of a region about axes through its centre, every 2.5 degrees: of its shape, of its content.

    Parameters
    ----------
    plane : (H, W) numbers
    mask : (H, W) bool

    Returns
    -------
    dict of float, NaN for fewer than 8 pixels
        "shape" share of region and mirrored region that is not common, at the best axis; "shape_across" at
        the axis perpendicular to it; "content" mean absolute difference between plane and mirrored plane in
        the common part, in units of the plane, at its best axis; "content_across" perpendicular to that.

    References
    ----------
    Stoecker WV et al. Comput Med Imaging Graph 1992;16:191-197. doi:10.1016/0895-6111(92)90073-I
    """
    plane = as_plane(plane)
    mask = as_mask(mask, "mask", plane.shape)
    names = ("shape", "shape_across", "content", "content_across")
    if np.count_nonzero(mask) < 8:
        return dict.fromkeys(names, NAN)
    reach, centre = _reach(mask, RAYS)
    radii = ((np.arange(RINGS) + 0.5) / RINGS * reach.max())[:, None] * np.ones(RAYS)
    weights = radii[:, :1, None].astype(np.float32)
    cover = _sampled(mask.astype(np.float32), centre, radii)
    content = _sampled(plane, centre, radii)
    mirror = (np.arange(RAYS)[:, None] - np.arange(RAYS)) % RAYS  # axis k / 2 steps from the right
    common = np.minimum(cover[:, None], cover[:, mirror]) * weights
    both, whole = common.sum(axis=(0, 2)), (cover * weights[:, :, 0]).sum()
    apart = (np.abs(content[:, None] - content[:, mirror]) * common).sum(axis=(0, 2))
    pairs = (1 - both / np.maximum(2 * whole - both, 1e-9), apart / np.maximum(both, 1e-9))
    values = [float(one[(int(one.argmin()) + turn) % RAYS]) for one in pairs for turn in (0, RAYS // 2)]
    return dict(zip(names, values, strict=True))


@remembered
def border_contrast(plane: Plane, mask: Mask, angles: int = 72) -> NDArray[np.float32]:
    """Step of a plane across the region's border in each direction: just outside minus just inside.

    Parameters
    ----------
    plane : (H, W) numbers
    mask : (H, W) bool
    angles : int, 8 to 360

    Returns
    -------
    (angles,) float32, in units of the plane: the mean from 1.05 to 1.3 of the way to the border minus that
    from 0.7 to 0.95; NaN where that lies outside the frame

    References
    ----------
    Celebi ME et al. Comput Med Imaging Graph 2007;31:362-373. doi:10.1016/j.compmedimag.2007.01.003
    """
    rays = polar_map(plane, mask, 26, angles, 1.3)
    with np.errstate(invalid="ignore"):
        return np.asarray(rays[21:].mean(axis=0) - rays[14:19].mean(axis=0))
