"""A mask for an image that has none: where the lesion is, by Otsu's threshold on the distance from skin.

For `--segment otsu`: one lesion, about in the middle, on skin that reaches the border of the image. It was
not made for radiographs, ultrasound, sections or several lesions. It looks at one image alone and at no
label; the shortcut audit tells whether the outline it draws gives the label away.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from scafe.evals.data.sources import Decoded, Pixels
from scafe.knowledge.contract.errors import DatasetError
from scafe.sandbox.pool.pool import ImageAndMask

VERSION: Final = "otsu@1"
"""Changes whenever the same image may give another mask; part of every image's hash."""
WORK_PX: Final = 256
"""Longer side that the threshold is found at: finer detail is hair and pores."""
RIM: Final = 0.06
"""Share of each side that is taken for skin."""
CENTRED: Final = 0.3
"""Standard deviation, in sides, of the weight by which the component in the middle is preferred."""
SMALLEST, LARGEST = 0.005, 0.8
"""Share of the image that a lesion may cover; outside it something else was found."""
FLAT: Final = 1e-6
"""Spread of the distances below which there is nothing to threshold."""
DARK: Final = 40
"""Grey level of 255 below which what touches a corner is the frame of a dermatoscope, not skin."""


@dataclass(frozen=True)
class Segmented:
    """An image without a mask, and the method that draws one."""

    image: Pixels

    def read(self, where: str) -> Decoded:
        """Return image and drawn mask, and the hash of both; see `Pixels.read`.

        Raises
        ------
        DatasetError
            If no lesion was found (named, with the way out).
        """
        found = self.image.read(where)
        mask = segment(found.pair.image)
        if mask is None:
            raise DatasetError(
                f"{where}: --segment otsu found no lesion on skin; give the row a mask, or leave it out"
            )
        mask.setflags(write=False)
        sha256 = hashlib.sha256(f"{found.sha256}\0{VERSION}".encode()).hexdigest()
        return replace(found, pair=ImageAndMask(found.pair.image, mask), sha256=sha256)


def segment(image: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Draw the outline of one lesion on skin.

    Parameters
    ----------
    image : (h, w, c) uint8 array
        Three channels are taken for sRGB and compared in CIELAB; others as they are.

    Returns
    -------
    (h, w) bool array, or None
        None if nothing that could be a lesion stands out from the rim.

    References
    ----------
    .. [1] Otsu (1979), A Threshold Selection Method from Gray-Level Histograms, IEEE Transactions on
       Systems, Man, and Cybernetics 9(1), 62-66, doi:10.1109/TSMC.1979.4310076.
    .. [2] Celebi et al. (2013), Lesion Border Detection in Dermoscopy Images Using Ensembles of Thresholding
       Methods, Skin Research and Technology 19(1), e252-e258, doi:10.1111/j.1600-0846.2012.00636.x.
    """
    height, width = image.shape[:2]
    factor = min(1.0, WORK_PX / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    shrunk = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small = np.asarray(shrunk, np.uint8).reshape(size[1], size[0], -1)
    frame = _frame(small)
    found = _lesion(_distance_from_skin(small, frame), frame)
    if found is None:
        return None
    grown = cv2.resize(found.astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown > 0)


def _frame(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Find what is dark and touches a corner."""
    dark, _ = ndimage.label(image.max(axis=2) < DARK)
    corners = {int(dark[y, x]) for y in (0, -1) for x in (0, -1)} - {0}
    return np.isin(dark, sorted(corners))


def _distance_from_skin(image: NDArray[np.uint8], frame: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the root of how far each colour is from the median of the rim; 0 in the frame."""
    scaled = image.astype(np.float32) / 255
    colours = cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB) if image.shape[2] == 3 else scaled
    sigma = max(image.shape[:2]) / 100
    smooth = ndimage.gaussian_filter(colours.astype(np.float64), (sigma, sigma, 0))
    rim = np.ones(frame.shape, bool)
    inset = [max(1, round(RIM * side)) for side in frame.shape]
    rim[inset[0] : -inset[0], inset[1] : -inset[1]] = False
    rim &= ~frame
    if not rim.any():
        return np.zeros(frame.shape)
    distance = np.linalg.norm(smooth - np.median(smooth[rim], axis=0), axis=2)
    # the root, because a lesion fades at its edge: on phantoms the outline of the plain distance is too small
    return np.asarray(np.where(frame, 0.0, np.sqrt(distance)))


def _lesion(distance: NDArray[np.float64], frame: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Threshold, close holes, and keep the component that is large and in the middle."""
    if frame.all() or float(np.ptp(distance[~frame])) < FLAT:
        return None
    inside = distance > threshold_otsu(distance[~frame])  # type: ignore[no-untyped-call]
    reach = max(1, round(max(distance.shape) / 100))
    inside = ndimage.binary_opening(inside, iterations=reach)
    parts, count = ndimage.label(ndimage.binary_fill_holes(inside))
    if not count:
        return None
    weight = np.bincount(parts.ravel(), weights=_middle(distance.shape).ravel())[1:]
    chosen = parts == 1 + int(np.argmax(weight))
    return chosen if SMALLEST <= float(chosen.mean()) <= LARGEST else None


def _middle(shape: tuple[int, ...]) -> NDArray[np.float64]:
    rows, columns = ((np.arange(side) + 0.5) / side - 0.5 for side in shape)
    return np.asarray(np.exp(-(rows[:, None] ** 2 + columns[None, :] ** 2) / (2 * CENTRED**2)))
