"""Texture: lines, spots, grain, co-occurrence, local patterns, direction."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .arguments import Mask, Plane, as_count, as_fractions, as_number, as_plane, as_region
from .memo import remembered
from .scale import blurred, enlarged, length, side_of, smaller

FINEST = 2.5
"""Sigma in pixels at which lines and spots are looked for on a smaller copy, if it is a quarter above."""
CODES = np.arange(256)


def _bends(plane: Plane, size: float) -> tuple[Plane, Plane, Plane]:
    """Second derivatives xx, yy, xy times sigma squared, at a resolution where sigma is below 2.5 pixels."""
    sigma = max(0.7, size * side_of(plane))
    small = smaller(plane, side_of(plane) * FINEST / sigma) if sigma > 1.25 * FINEST else plane
    sigma = max(0.7, size * side_of(small))
    smooth = cv2.GaussianBlur(small, (0, 0), sigma)
    steps = ((2, 0), (0, 2), (1, 1))
    scale = (sigma**2 / 4, sigma**2 / 4, sigma**2 / 4)
    xx, yy, xy = (
        cv2.Sobel(smooth, cv2.CV_32F, *step, ksize=3, scale=by) for step, by in zip(steps, scale, strict=True)
    )
    return np.asarray(xx), np.asarray(yy), np.asarray(xy)


def _curvatures(plane: Plane, size: float, dark: bool) -> tuple[Plane, Plane]:
    """Mean principal curvature, positive for dark (or for bright) structure, and half the two's difference.

    Both are fresh, and callers change them in place: fresh memory costs more than the sums.
    """
    xx, yy, xy = _bends(plane, size)
    sign = np.float32(0.5 if dark else -0.5)
    mean = xx + yy
    mean *= sign
    xx -= yy
    xx *= sign
    return mean, length(xx, xy)


@remembered
def ridges(plane: Plane, widths: float | tuple[float, ...] = 0.006, dark: bool = True) -> Plane:
    """Lines: how far each pixel lies below (or above) both sides of a line through it, best of all widths.

    Parameters
    ----------
    plane : (H, W) numbers
    widths : float or up to 8 of them, 0.001 to 0.2
        Half-width (sigma) of the lines over the frame's shorter side.
    dark : bool
        Dark lines on bright ground, or bright on dark.

    Returns
    -------
    (H, W) float32 from 0, in units of the plane: about a line's contrast where its width fits, near 0 on
    steps' far sides and spots

    References
    ----------
    Lindeberg T. Int J Comput Vis 1998;30:117-154. doi:10.1023/A:1008097225773
    """
    plane = as_plane(plane)
    best = np.zeros_like(plane)
    for width in as_fractions(widths, "widths", 0.001, 0.2):
        mean, half = _curvatures(plane, width, dark is True)
        line = mean + half
        mean -= half
        line -= np.abs(mean, out=mean)
        np.maximum(line, 0, out=line)
        line *= np.float32(2.83)
        np.maximum(best, enlarged(line, plane.shape), out=best)
    return np.asarray(best)


@remembered
def blobs(plane: Plane, sizes: float | tuple[float, ...] = 0.01, dark: bool = True) -> Plane:
    """Spots: how far each pixel lies below (or above) its surroundings on all sides, best of several sizes.

    Parameters
    ----------
    plane : (H, W) numbers
    sizes : float or up to 8 of them, 0.001 to 0.2
        Radius (sigma) of the spots over the frame's shorter side.
    dark : bool
        Dark spots on bright ground, or bright on dark.

    Returns
    -------
    (H, W) float32 from 0, in units of the plane: about a spot's contrast where its size fits, near 0 on lines

    References
    ----------
    Lindeberg T. Int J Comput Vis 1998;30:79-116. doi:10.1023/A:1008045108935
    """
    plane = as_plane(plane)
    best = np.zeros_like(plane)
    for size in as_fractions(sizes, "sizes", 0.001, 0.2):
        spot, half = _curvatures(plane, size, dark is True)
        spot -= half
        np.maximum(spot, 0, out=spot)
        spot *= np.float32(4)
        np.maximum(best, enlarged(spot, plane.shape), out=best)
    return np.asarray(best)


@remembered
def orientation(plane: Plane, size: float = 0.02) -> tuple[Plane, Plane]:
    """Direction of the lines around each pixel and how much they agree (structure tensor).

    Parameters
    ----------
    plane : (H, W) numbers
    size : float, 0.002 to 0.3
        Width (sigma) of the neighbourhood over the frame's shorter side.

    Returns
    -------
    angle : (H, W) float32
        -pi / 2 to pi / 2, 0 along the rows, counter-clockwise.
    coherence : (H, W) float32
        0 (no direction) to 1 (all lines parallel).

    References
    ----------
    Weickert J. Int J Comput Vis 1999;31:111-127. doi:10.1023/A:1008009714131
    """
    plane, size = as_plane(plane), as_number(size, "size", 0.002, 0.3)
    gx = np.asarray(cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3))
    gy = np.asarray(cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3))
    sigma = size * side_of(plane)
    both, along = blurred(gx * gx + gy * gy, sigma), blurred(gx * gx - gy * gy, sigma)
    across = blurred(2 * gx * gy, sigma)
    angle = np.arctan2(across, -along) / 2
    return np.asarray(angle), np.minimum(length(along, across) / (both + 1e-12), 1)


@remembered
def local_spread(plane: Plane, size: float = 0.02) -> Plane:
    """Measure the standard deviation around each pixel.

    Parameters
    ----------
    plane : (H, W) numbers
    size : float, 0.003 to 0.5
        Side of the window over the frame's shorter side, at least 3 pixels.

    Returns
    -------
    (H, W) float32, in units of the plane

    References
    ----------
    Lee JS. IEEE Trans Pattern Anal Mach Intell 1980;2:165-168. doi:10.1109/TPAMI.1980.4766994
    """
    plane, size = as_plane(plane), as_number(size, "size", 0.003, 0.5)
    width = max(3, int(size * side_of(plane)) | 1)
    centred = plane - np.float32(plane.mean())
    mean = cv2.blur(centred, (width, width))
    return np.sqrt(np.maximum(cv2.blur(centred * centred, (width, width)) - mean * mean, 0))


@remembered
def glcm(plane: Plane, mask: Mask | None = None, step: float = 0.004, levels: int = 16) -> dict[str, float]:
    """Co-occurrence of grey levels of neighbours in four directions, both inside the region.

    Parameters
    ----------
    plane : (H, W) numbers
    mask : (H, W) bool, optional
        The region; by default the frame.
    step : float, 0.001 to 0.2
        Distance of the neighbours over the frame's shorter side, at least 1 pixel.
    levels : int, 4 to 64
        Even steps from the region's 1st to its 99th percentile, so brightness and contrast do not count.

    Returns
    -------
    dict of float, NaN where the region has no two neighbours or a single level
        "contrast" mean squared difference, 0 to 1 (over the largest one); "homogeneity", "energy" 0 to 1;
        "correlation" -1 to 1; "entropy" 0 to 1 (over log of levels squared)

    References
    ----------
    Haralick RM et al. IEEE Trans Syst Man Cybern 1973;3:610-621. doi:10.1109/TSMC.1973.4309314
    """
    plane, levels = as_plane(plane), as_count(levels, "levels", 4, 64)
    region = as_region(mask, "mask", plane.shape)
    far = max(1, round(as_number(step, "step", 0.001, 0.2) * side_of(plane)))
    codes = _levelled(plane, region, levels)
    counts = np.zeros(levels * levels)
    for down, right in ((0, far), (far, 0), (far, far), (far, -far)):
        one, other = _shifted(codes, down, right)
        pair = one[(one >= 0) & (other >= 0)] * levels + other[(one >= 0) & (other >= 0)]
        counts += np.bincount(pair, minlength=levels * levels)
    return _described((counts.reshape(levels, levels) + counts.reshape(levels, levels).T) / 2)


def _levelled(plane: Plane, region: Mask, levels: int) -> NDArray[np.int16]:
    """Grey levels from 0, -1 outside the region and everywhere if it holds a single value."""
    codes = np.full(plane.shape, -1, np.int16)
    values = plane[region]
    if len(values) < 2:
        return codes
    thinned = np.sort(values[:: max(1, len(values) // 8192)])
    low, high = thinned[[len(thinned) // 100, -1 - len(thinned) // 100]]
    if high > low:
        steps = np.clip((plane - low) * (levels / (high - low)), 0, levels - 1)
        codes[region] = steps[region].astype(np.int16)
    return codes


def _shifted(codes: NDArray[np.int16], down: int, right: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    height, width = codes.shape
    if right < 0:
        return codes[: height - down, -right:], codes[down:, : width + right]
    return codes[: max(0, height - down), : max(0, width - right)], codes[down:, right:]


def _described(counts: NDArray[np.float64]) -> dict[str, float]:
    names = ("contrast", "homogeneity", "energy", "correlation", "entropy")
    total, levels = counts.sum(), len(counts)
    if total == 0 or np.count_nonzero(counts.sum(axis=0)) < 2:
        return dict.fromkeys(names, float("nan"))
    part = counts / total
    row, column = np.indices(part.shape)
    apart, mean = (row - column) ** 2, (row * part).sum()
    spread = ((row - mean) ** 2 * part).sum()
    logs = np.log(part, where=part > 0, out=np.zeros_like(part))
    values = (
        (apart * part).sum() / (levels - 1) ** 2,
        (part / (1 + apart)).sum(),
        (part**2).sum(),
        ((row - mean) * (column - mean) * part).sum() / spread,
        -(part * logs).sum() / (2 * np.log(levels)),
    )
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def _uniform_bins() -> NDArray[np.uint8]:
    """Bin of each 8-bit pattern: number of ones if they lie together, 9 otherwise."""
    bits = (CODES[:, None] >> np.arange(8)) & 1
    changes = (bits != np.roll(bits, 1, axis=1)).sum(axis=1)
    return np.where(changes <= 2, bits.sum(axis=1), 9).astype(np.uint8)


UNIFORM = _uniform_bins()


@remembered
def lbp(plane: Plane, mask: Mask | None = None, step: float = 0.004) -> NDArray[np.float32]:
    """Local binary patterns: shares of the ten rotation-invariant uniform patterns of 8 neighbours.

    Parameters
    ----------
    plane : (H, W) numbers
    mask : (H, W) bool, optional
        The region; by default the frame.
    step : float, 0.001 to 0.1
        Distance of the neighbours over the frame's shorter side, at least 1 pixel.

    Returns
    -------
    (10,) float32, sum 1: k of 8 neighbours side by side are not darker (0 to 8), all other patterns; NaN
    where no pixel of the region has all its neighbours in the frame. Depends on no brightness or contrast.

    References
    ----------
    Ojala T et al. IEEE Trans Pattern Anal Mach Intell 2002;24:971-987. doi:10.1109/TPAMI.2002.1017623
    """
    plane = as_plane(plane)
    region = as_region(mask, "mask", plane.shape)
    far = max(1, round(as_number(step, "step", 0.001, 0.1) * side_of(plane)))
    near = max(1, round(far * 0.7071))
    height, width = (side - 2 * far for side in plane.shape)
    if min(height, width) < 1 or not region[far:-far, far:-far].any():
        return np.full(10, np.nan, np.float32)
    centre, codes = plane[far:-far, far:-far], np.zeros((height, width), np.uint8)
    around = (
        (0, far),
        (-near, near),
        (-far, 0),
        (-near, -near),
        (0, -far),
        (near, -near),
        (far, 0),
        (near, near),
    )
    for bit, (down, right) in enumerate(around):
        other = plane[far + down : far + down + height, far + right : far + right + width]
        codes |= (other >= centre).view(np.uint8) << np.uint8(bit)
    counts = np.bincount(UNIFORM[codes[region[far:-far, far:-far]]], minlength=10)
    return np.asarray(counts / counts.sum(), np.float32)
