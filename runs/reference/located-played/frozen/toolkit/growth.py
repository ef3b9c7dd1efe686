"""Growing regions: thresholds, connected bands, active contours, lungs."""

import cv2
import numpy as np

from .arguments import Mask, Picture, Plane, as_count, as_image, as_mask, as_number, as_plane, as_region
from .colour import grey
from .memo import remembered
from .regions import components, filled
from .scale import disc, large_mask, root_of, side_of, small_mask, smaller

SNAKE_SIDE = 128
LUNG_SIDE = 128
LUNG_LEVELS = np.linspace(0.15, 0.7, 12)
"""Shares of the frame's middle that are darker: the levels at which a lung is looked for."""


@remembered
def otsu(plane: Plane, region: Mask | None = None) -> float:
    """Level that parts a region's values best into a dark and a bright class.

    Parameters
    ----------
    plane : (H, W) numbers
    region : (H, W) bool, optional
        By default the frame.

    Returns
    -------
    float, in units of the plane (256 steps from its minimum to its maximum); NaN for a region of one value

    References
    ----------
    Otsu N. IEEE Trans Syst Man Cybern 1979;9:62-66. doi:10.1109/TSMC.1979.4310076
    """
    plane = as_plane(plane)
    values = plane[as_region(region, "region", plane.shape)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    if not high > low:
        return float("nan")
    counts = np.bincount(((values - low) * (255.99 / (high - low))).astype(np.int64), minlength=256)[:256]
    below = np.cumsum(counts)[:-1]
    light = np.cumsum(counts * np.arange(256))
    above = len(values) - below
    gap = light[:-1] / np.maximum(below, 1) - (light[-1] - light[:-1]) / np.maximum(above, 1)
    worth = below * above * gap**2
    best = np.flatnonzero(worth >= worth.max() * (1 - 1e-12)).mean()
    return float(low + (best + 1) * (high - low) / 255.99)


@remembered
def grown(plane: Plane, seed: Mask, tolerance: float) -> Mask:
    """Grow a region from a seed over all connected pixels within a tolerance of the seed's median.

    Parameters
    ----------
    plane : (H, W) numbers
    seed : (H, W) bool
    tolerance : float from 0
        In units of the plane.

    Returns
    -------
    (H, W) bool, with the seed; empty for an empty seed

    References
    ----------
    Adams R, Bischof L. IEEE Trans Pattern Anal Mach Intell 1994;16:641-647. doi:10.1109/34.295913
    """
    plane, tolerance = as_plane(plane), as_number(tolerance, "tolerance", 0, 1e9)
    seed = as_mask(seed, "seed", plane.shape)
    if not seed.any():
        return np.zeros(plane.shape, np.bool_)
    band = (np.abs(plane - np.median(plane[seed])) <= tolerance) | seed
    labels = cv2.connectedComponents(band.view(np.uint8), connectivity=4)[1]
    held = np.zeros(labels.max() + 1, np.bool_)
    held[labels[seed]] = True
    return np.asarray(held[labels])


@remembered
def snake(plane: Plane, mask: Mask, steps: int = 30, near: float = 1.0) -> Mask:
    """Move a region's outline until inside and near surroundings are each as even as they get.

    Works at a shorter side of 128 pixels: a morphological active contour without edges, the outside taken
    from a ring around the region.

    Parameters
    ----------
    plane : (H, W) numbers
    mask : (H, W) bool
        Where to start; it should overlap what is looked for.
    steps : int, 0 to 200
        Each moves the outline by at most one pixel of the smaller copy.
    near : float, 0.05 to 5
        Width of the ring, in roots of the region's area.

    Returns
    -------
    (H, W) bool; empty for an empty start, or if nothing is left

    References
    ----------
    Marquez-Neila P et al. IEEE Trans Pattern Anal Mach Intell 2014;36:2-17. doi:10.1109/TPAMI.2013.106
    Lankton S, Tannenbaum A. IEEE Trans Image Process 2008;17:2029-2039. doi:10.1109/TIP.2008.2004611
    """
    plane, steps = as_plane(plane), as_count(steps, "steps", 0, 200)
    mask, near = as_mask(mask, "mask", plane.shape), as_number(near, "near", 0.05, 5)
    small, region = smaller(plane, SNAKE_SIDE), small_mask(mask, SNAKE_SIDE).astype(np.uint8)
    before = region
    for _ in range(steps):
        moved = _moved(small, region, near)
        if not moved.any() or np.array_equal(moved, region) or np.array_equal(moved, before):
            region = moved
            break
        before, region = region, moved
    return large_mask(region > 0, plane.shape)


CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def _moved(plane: Plane, region: Picture, near: float) -> Picture:
    """One step: border pixels go to the side whose mean they are nearer to; then teeth are smoothed."""
    far = min(max(2, round(near * root_of(region > 0))), max(region.shape))
    width = (2 * far + 1, 2 * far + 1)
    near_by = cv2.boxFilter(region, cv2.CV_32F, width, normalize=False, borderType=cv2.BORDER_CONSTANT)
    outside = (near_by > 0.5).view(np.uint8) - region
    if not region.any() or not outside.any():
        return region
    inner, outer = cv2.mean(plane, region)[0], cv2.mean(plane, outside)[0]
    border = cv2.bitwise_xor(cv2.dilate(region, CROSS), cv2.erode(region, CROSS))
    inside = np.abs(plane - np.float32(inner)) < np.abs(plane - np.float32(outer))
    moved = np.where(border > 0, inside.view(np.uint8), region)
    return np.asarray(cv2.medianBlur(moved, 3), dtype=np.uint8)


@remembered
def lung_field(image: Picture) -> Mask:
    """Lungs of a frontal chest film: the two large dark fields that the frame's edge does not hold.

    Works at a shorter side of 128 pixels.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB
        Air is dark.

    Returns
    -------
    (H, W) bool; empty where no field of at least 2 % of the frame is found, and below 16 pixels

    References
    ----------
    Candemir S et al. IEEE Trans Med Imaging 2014;33:577-590. doi:10.1109/TMI.2013.2290491 (the task; their
    atlas is not used here)
    """
    image = as_image(image)
    small = smaller(grey(image), LUNG_SIDE)
    side = side_of(small)
    if side < 16:
        return np.zeros(image.shape[:2], np.bool_)
    smooth = cv2.GaussianBlur(small, (0, 0), 0.012 * side)
    levels = np.quantile(smooth[side // 6 : -side // 6, side // 6 : -side // 6], LUNG_LEVELS)
    found = np.zeros(small.shape, np.bool_)
    half = small.shape[1] // 2
    for part in (slice(None, half), slice(half, None)):
        lung = _largest_inside([smooth[:, part] < level for level in levels], 0.025 * side)
        found[:, part] = _closed(lung, 0.05 * side)
    return large_mask(filled(found), image.shape)


def _closed(mask: Mask, radius: float) -> Mask:
    """Close gaps inside a mask; none is closed against the frame's edge."""
    room = round(radius) + 2
    closed = cv2.morphologyEx(np.pad(mask, room).view(np.uint8), cv2.MORPH_CLOSE, disc(radius)) > 0
    return np.asarray(closed[room:-room, room:-room])


def _largest_inside(darks: list[Mask], opening: float) -> Mask:
    """Largest part over all levels that touches neither the frame's edge nor most of the midline."""
    best = np.zeros(darks[0].shape, np.bool_)
    for dark in darks:
        opened = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, disc(opening)) > 0
        labels, areas = components(opened, 0.04)
        for label in range(1, len(areas) + 1):
            part = labels == label
            if not (part[[0, -1]].any() or part[:, [0, -1]].any()) and part.sum() > best.sum():
                best = part
    return best
