"""What an audit keeps of each image after one look at it; no image is held.

A look leaves some 2 kB, whatever the size of the image.
"""

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from scafe.evals.audit.duplicates import Thumbnails
from scafe.evals.audit.outlines import ODD
from scafe.evals.audit.shortcuts import SHORTCUTS, settled
from scafe.evals.audit.skin_tone import has_skin, skin_tone
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.sandbox.pool.pool import ImageAndMask

Floats = NDArray[np.float64]


class Looks:
    """Looks at images one after the other, in the order of their data set.

    Parameters
    ----------
    pack : CriteriaPack, optional
        Tells whether there is skin, and where.
    """

    def __init__(self, pack: CriteriaPack | None = None) -> None:
        self._region = pack.reference_region if pack is not None and has_skin(pack) else None
        self.widths = array("q")
        """In pixels."""
        self.heights = array("q")
        self.tones = array("d")
        """Individual typology angle in degrees; NaN where there is no skin to look at."""
        self.odd = {what: bytearray() for what in ODD}
        """What is odd -> 1 for each image that is."""
        self.thumbnails = Thumbnails()
        self._numbers = {name: array("d") for name in SHORTCUTS}

    def __len__(self) -> int:
        return len(self.widths)

    def take(self, one: ImageAndMask) -> None:
        """Look at the next image."""
        height, width = one.mask.shape
        self.heights.append(height)
        self.widths.append(width)
        self.tones.append(skin_tone(one, self._region) if self._region is not None else float("nan"))
        for what, is_odd in ODD.items():
            self.odd[what].append(is_odd(one))
        for name, (_, row) in SHORTCUTS.items():
            self._numbers[name].extend(row(one))
        self.thumbnails.add(one.image)

    def take_all(self, images: Iterable[ImageAndMask]) -> "Looks":
        """Look at images that are loaded one by one."""
        for one in images:
            self.take(one)
        return self

    def shortcuts(self) -> dict[str, Floats]:
        """Describe the images by each shortcut: name -> (n_images, n_numbers)."""
        return {
            name: settled(np.array(numbers).reshape(len(self), -1)) for name, numbers in self._numbers.items()
        }

    def pixels(self) -> NDArray[np.int64]:
        """Return how many pixels each image has."""
        return np.asarray(np.array(self.widths) * np.array(self.heights))
