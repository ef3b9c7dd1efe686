"""The simple baseline: colour moments, grey-level co-occurrence and local binary patterns in the mask.

What anyone would try first, without a clinical word in it. The same ridge logistic regression as
ScaFE's own features get. Sends nothing anywhere.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern

from scafe.evals.data.rules.levels import Levels
from scafe.sandbox.pool.pool import ImageAndMask

NAME = "colour and texture"
EGRESS = "nothing"
LEVELS = 32
"""Grey levels of the co-occurrence matrix; level 0 is kept for pixels outside the mask."""
PROPERTIES = ("contrast", "dissimilarity", "homogeneity", "energy", "correlation")
ANGLES = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
LBP_POINTS = 8
LBP_BINS = LBP_POINTS + 2
MIN_PX = 16


def colour_texture_rows(images: Iterable[ImageAndMask]) -> NDArray[np.float64]:
    """Describe images, one row each.

    Returns
    -------
    (n_images, n_features) float array
        NaN throughout where the mask has fewer than 16 pixels.

    References
    ----------
    .. [1] Haralick, Shanmugam and Dinstein (1973), Textural Features for Image Classification, IEEE
       Transactions on Systems, Man, and Cybernetics 3(6), 610-621, doi:10.1109/TSMC.1973.4309314.
    .. [2] Ojala, Pietikäinen and Mäenpää (2002), Multiresolution gray-scale and rotation invariant
       texture classification with local binary patterns, IEEE Transactions on Pattern Analysis and
       Machine Intelligence 24(7), 971-987, doi:10.1109/TPAMI.2002.1017623.
    """
    return stacked([describe(one) for one in images])


def stacked(rows: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Put descriptions of images below one another; an empty one is missing throughout."""
    width = max((len(row) for row in rows), default=0)
    return np.array([row if len(row) else np.full(width, np.nan) for row in rows]).reshape(-1, width)


def describe(one: ImageAndMask) -> NDArray[np.float64]:
    """Describe one image; empty if the mask is too small."""
    if int(one.mask.sum()) < MIN_PX:
        return np.empty(0)
    image, mask = _cropped(one)
    grey = _grey(image)
    return np.concatenate([_moments(image, mask), _cooccurrence(grey, mask), _patterns(grey, mask)])


def _cropped(one: ImageAndMask) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    rows, columns = np.flatnonzero(one.mask.any(axis=1)), np.flatnonzero(one.mask.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.ascontiguousarray(one.image[box]), np.ascontiguousarray(one.mask[box])


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if image.shape[2] == 3:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return np.asarray(image.mean(axis=2), dtype=np.uint8)


def _moments(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean and standard deviation of each channel, in RGB, HSV and Lab where there are three."""
    spaces = [image]
    if image.shape[2] == 3:
        spaces += [np.asarray(cv2.cvtColor(image, code)) for code in (cv2.COLOR_RGB2HSV, cv2.COLOR_RGB2LAB)]
    inside = [Levels.of(space, mask) for space in spaces]
    return np.concatenate([*(one.means() for one in inside), *(one.spreads() for one in inside)])


def _cooccurrence(grey: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    levels = np.where(mask, 1 + grey.astype(np.int64) * LEVELS // 256, 0).astype(np.uint8)
    whole = graycomatrix(levels, [1], ANGLES, LEVELS + 1, symmetric=True)  # type: ignore[no-untyped-call]
    counts = whole[1:, 1:].astype(np.float64)
    shares = counts / np.maximum(counts.sum(axis=(0, 1)), 1)
    return np.array([graycoprops(shares, name).mean() for name in PROPERTIES])  # type: ignore[no-untyped-call]


def _patterns(grey: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    codes = local_binary_pattern(grey, LBP_POINTS, 1, "uniform")  # type: ignore[no-untyped-call]
    inside = codes[mask].astype(int)
    return np.asarray(np.bincount(inside, minlength=LBP_BINS)[:LBP_BINS] / len(inside))
