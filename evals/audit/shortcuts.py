"""What an image gives away without its lesion: size, border, background, outline of the mask.

A dataset whose classes come from different cameras or outlines drawn by different hands scores well on
these; a feature that reads them looks clinical and is not.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.rules.levels import Levels
from scafe.sandbox.pool.pool import ImageAndMask
from scafe.sandbox.probes.agreement import is_flat

BORDER_SHARE = 0.05
"""Width of the border, as a share of the shorter edge."""
MARKS_SHARE = 0.15
"""Depth of the strip along each side that is searched for marks, as a share of the shorter edge."""
Floats = NDArray[np.float64]


def size_row(one: ImageAndMask) -> Floats:
    """Return height, width and their ratio."""
    height, width = one.mask.shape
    return np.array([height, width, width / height], dtype=np.float64)


def border_row(one: ImageAndMask) -> Floats:
    """Return mean and spread of each channel along the image's edge, and of its four corners."""
    height, width = one.mask.shape
    edge = max(1, round(BORDER_SHARE * min(height, width)))
    frame = np.ones((height, width), bool)
    frame[edge:-edge, edge:-edge] = False
    along = Levels.of(one.image, frame)
    ends = (slice(None, edge), slice(-edge, None))
    corners = [one.image[y, x] for y in ends for x in ends]
    means = [corner.reshape(-1, one.image.shape[2]).mean(axis=0) for corner in corners]
    return np.concatenate([along.means(), along.spreads(), *means])


def background_row(one: ImageAndMask) -> Floats:
    """Return mean and spread of each channel outside the mask; missing if the mask is the whole image."""
    outside = Levels.of(one.image, ~one.mask)
    return np.concatenate([outside.means(), outside.spreads()])


def exposure_row(one: ImageAndMask) -> Floats:
    """Return the median of each channel outside the mask: light and camera, which no ruler or hair moves."""
    return Levels.of(one.image, ~one.mask).medians()


def marks_row(one: ImageAndMask) -> Floats:
    """Return how one side of the image stands out from the other three: in edges, in brightness, in spread.

    A ruler, a label or pen marks lie along one side; light and skin are alike on all four. Missing where
    the mask covers a side.
    """
    grey = _grey(one.image)
    fine = np.abs(cv2.Laplacian(grey, cv2.CV_64F))
    outside = ~cv2.dilate(one.mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    reach = max(1, round(MARKS_SHARE * min(grey.shape)))
    strips = (np.s_[:reach], np.s_[-reach:], np.s_[:, :reach], np.s_[:, -reach:])
    sides = [(fine[at][outside[at]], grey[at][outside[at]]) for at in strips]
    if not all(edges.size for edges, _ in sides):
        return np.full(3, np.nan)
    read = [(edges.mean(), greys.mean(), greys.std()) for edges, greys in sides]
    return np.array([_standing_out(column) for column in np.array(read, dtype=np.float64).T])


def _grey(image: NDArray[np.uint8]) -> Floats:
    """Return the mean over channels, in double precision: single would round otherwise on another size."""
    total = image[..., 0].astype(np.float64)
    for channel in range(1, image.shape[2]):
        total += image[..., channel]
    return np.asarray(total / image.shape[2])


def outline_row(one: ImageAndMask) -> Floats:
    """Return area, box, place and raggedness of the mask alone; missing if it is empty or the whole image."""
    if one.mask.all() or not one.mask.any():
        return np.full(6, np.nan)
    height, width = one.mask.shape
    outlines, _ = cv2.findContours(one.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    y, x = np.nonzero(one.mask)
    area = float(len(y))
    length = sum(cv2.arcLength(outline, True) for outline in outlines)
    box = (float(np.ptp(y)) + 1, float(np.ptp(x)) + 1)
    place = np.hypot(y.mean() / height - 0.5, x.mean() / width - 0.5)
    shape = (area / (height * width), box[0] / box[1], area / (box[0] * box[1]), length**2 / area)
    return np.array([*shape, place, len(outlines)], dtype=np.float64)


def _standing_out(sides: Floats) -> float:
    """Return the range over the median; one grey level keeps a black image finite."""
    return float(np.ptp(sides) / (np.median(sides) + 1.0))


SHORTCUTS: dict[str, tuple[str, Callable[[ImageAndMask], Floats]]] = {
    "size": ("height, width and their ratio", size_row),
    "border": ("colour along the edge and in the corners", border_row),
    "background": ("colour outside the mask", background_row),
    "exposure": ("median colour outside the mask: light and camera, not rulers or hair", exposure_row),
    "marks": ("how one side stands out from the others: a ruler, a label, pen marks", marks_row),
    "mask outline": (
        "area, box, place, raggedness of the mask, no pixel; clinical where outline is a criterion",
        outline_row,
    ),
}
"""Name -> what it reads, and how. Ten numbers or so each, for the same ridge as the features get."""


def shortcut_rows(images: Iterable[ImageAndMask]) -> dict[str, Floats]:
    """Describe images by each shortcut: name -> (n_images, n_numbers)."""
    found = ShortcutNumbers()
    for one in images:
        found.add(shortcut_row(one))
    return found.rows()


def shortcut_row(one: ImageAndMask) -> dict[str, Floats]:
    """Describe one image by each shortcut: name -> numbers."""
    return {name: row(one) for name, (_, row) in SHORTCUTS.items()}


class ShortcutNumbers:
    """What shortcuts read of images, added one image after the other: 8 bytes a number."""

    def __init__(self) -> None:
        self._numbers = {name: array("d") for name in SHORTCUTS}
        self._count = 0

    def add(self, row: Mapping[str, Floats]) -> None:
        """Add what was read of the next image."""
        self._count += 1
        for name, numbers in row.items():
            self._numbers[name].extend(numbers)

    def rows(self) -> dict[str, Floats]:
        """Return name -> (n_images, n_numbers); the same memory, so that no more images can be added."""
        return {
            name: settled(np.frombuffer(numbers).reshape(self._count, -1)) if numbers else np.empty((0, 0))
            for name, numbers in self._numbers.items()
        }


def settled(rows: Floats) -> Floats:
    """Set a column that differs by rounding alone to one value: scaled to unit spread it would be noise."""
    for column in rows.T:
        if is_flat(column):
            column[np.isfinite(column)] = 0.0
    return rows


def says_nothing(rows: Floats) -> bool:
    """Whether a shortcut cannot tell any two of these images apart."""
    return all(is_flat(column) for column in rows.T)
