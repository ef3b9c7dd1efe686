"""What images give beside the features: colour and texture, shortcuts, skin tone; each image is read once."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from scafe.evals.audit.shortcuts import ShortcutNumbers, shortcut_row
from scafe.evals.audit.skin_tone import has_skin, skin_tone
from scafe.evals.data.decoding.ahead import side_by_side
from scafe.evals.data.decoding.waves import Images
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.peers import colour_texture
from scafe.evals.scoring.threads import one_thread
from scafe.knowledge.criteria.pack import ReferenceRegion

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Description:
    """Of one image."""

    texture: Floats
    """(n_numbers,) that the baseline reads; empty where the mask is too small."""
    shortcuts: dict[str, Floats]
    """Name -> (n_numbers,)."""
    tone: float
    """Individual typology angle in degrees; NaN where there is no skin to look at."""


@dataclass(frozen=True)
class Described:
    """Of all images that a headline rests on, the development part first; no image is held."""

    texture: Floats
    """What the baseline reads: (n_images, n_numbers)."""
    shortcuts: dict[str, Floats]
    """Name -> (n_images, n_numbers); what is constant in one part alone keeps its value in both."""
    tones: Floats
    """(n_images,) in degrees."""
    n_dev: int

    def tones_in_part(self, is_sealed: bool) -> list[float]:
        """Return the tones of the held-out test set, or of the development part, in degrees."""
        return list(self.tones[self.n_dev :] if is_sealed else self.tones[: self.n_dev])


def describe(session: BenchSession) -> Described:
    """Read development and held-out images, some side by side.

    Raises
    ------
    DatasetError, IntegrityError
        An image cannot be read any more, or changed since the data set was opened.
    """
    dev, sealed = session.split.dev, session.split.sealed
    region = session.pack.reference_region if has_skin(session.pack) else None
    texture, numbers, tones = [], ShortcutNumbers(), array("d")
    with one_thread():  # a linear algebra that takes every core is slower where images are read side by side
        for one in chain(*(_of(session.shown(ids).images, ids, region) for ids in (dev, sealed))):
            texture.append(one.texture)
            numbers.add(one.shortcuts)
            tones.append(one.tone)
    return Described(colour_texture.stacked(texture), numbers.rows(), np.array(tones), len(dev))


def _of(images: Images, ids: Sequence[int], region: ReferenceRegion | None) -> Iterator[Description]:
    return side_by_side(partial(_description, images, region), range(len(ids)))


def _description(images: Images, region: ReferenceRegion | None, place: int) -> Description:
    one = images[place]
    return Description(
        colour_texture.describe(one),
        shortcut_row(one),
        skin_tone(one, region) if region is not None else float("nan"),
    )
