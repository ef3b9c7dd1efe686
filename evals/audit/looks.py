"""What an audit keeps of each image after one look at it; no image is held.

A look leaves some 2 kB, whatever the size of the image.
"""

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.evals.audit.duplicates import Thumbnail, Thumbnails
from scafe.evals.audit.outlines import ODD
from scafe.evals.audit.shortcuts import ShortcutNumbers, shortcut_row
from scafe.evals.audit.skin_tone import has_skin, skin_tone
from scafe.evals.data.dataset import LazyImages
from scafe.evals.data.decoding.ahead import side_by_side
from scafe.evals.scoring.threads import one_thread
from scafe.knowledge.criteria.pack import CriteriaPack
from scafe.sandbox.pool.pool import ImageAndMask

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """What one image shows an audit."""

    size: tuple[int, int]
    """Height and width in pixels."""
    tone: float
    """Individual typology angle in degrees; NaN where there is no skin to look at."""
    odd: dict[str, bool]
    """What may be odd -> whether it is."""
    numbers: dict[str, Floats]
    """Of each shortcut."""
    thumbnail: Thumbnail


class Looks:
    """Looks at images, and keeps what they showed in the order of their data set.

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
        self._numbers = ShortcutNumbers()

    def __len__(self) -> int:
        return len(self.widths)

    def look(self, one: ImageAndMask) -> "Look":
        """Look at an image, without keeping anything."""
        return Look(
            size=one.mask.shape,
            tone=skin_tone(one, self._region) if self._region is not None else float("nan"),
            odd={what: bool(is_odd(one)) for what, is_odd in ODD.items()},
            numbers=shortcut_row(one),
            thumbnail=self.thumbnails.of(one.image),
        )

    def keep(self, found: "Look") -> None:
        """Keep what was seen of the next image."""
        self.heights.append(found.size[0])
        self.widths.append(found.size[1])
        self.tones.append(found.tone)
        for what, is_odd in found.odd.items():
            self.odd[what].append(is_odd)
        self._numbers.add(found.numbers)
        self.thumbnails.add(found.thumbnail)

    def take_all(self, images: LazyImages) -> "Looks":
        """Look at images that are loaded one by one."""
        with one_thread():
            for found in side_by_side(lambda place: self.look(images[place]), range(len(images))):
                self.keep(found)
        return self

    def shortcuts(self) -> dict[str, Floats]:
        """Describe the images by each shortcut: name -> (n_images, n_numbers)."""
        return self._numbers.rows()

    def pixels(self) -> NDArray[np.int64]:
        """Return how many pixels each image has."""
        return np.asarray(np.array(self.widths) * np.array(self.heights))
