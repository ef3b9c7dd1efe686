"""What goes into an extraction and what comes out of it: plain records."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

FaultKind = Literal["refused", "exception", "contract", "timeout", "memory", "killed", "state"]
"""refused: language wall, before the first image · exception: raised by the extractor · contract:
wrong keys or values · timeout, memory, killed: ended by the operating-system wall · state:
values depend on more than the image, or the cell's builtins or libraries changed; then no image has a row."""


@dataclass(frozen=True)
class Fault:
    """Why an extractor gave no row for one image (or for all). The extractor's fault is data."""

    kind: FaultKind
    exception: str
    """Exception class from a fixed list, or '' ."""
    line: int | None
    """1-based line in the extractor's source, if known."""
    message: str
    """Words for the model; empty unless the images are phantoms (`talkative`), the kind is refused, or it is
    state, whose words are fixed ones of the host."""


@dataclass(frozen=True)
class Extraction:
    """What came back for a sequence of images."""

    names: tuple[str, ...]
    """Feature names, in the extractor's declared order."""
    rows: NDArray[np.float64]
    """(n_images, n_features); NaN where not measurable or where the image has a fault."""
    faults: tuple[Fault | None, ...]
    """One per image; all the same refused-fault if the source was refused."""
    seconds: float
    """Wall time spent on the images, without start-up."""

    @classmethod
    def of(
        cls, names: tuple[str, ...], measured: Sequence[tuple[float, ...] | Fault], seconds: float
    ) -> Self:
        """Put rows and faults, one an image, into one record."""
        rows = np.full((len(measured), len(names)), math.nan)
        for index, one in enumerate(measured):
            if not isinstance(one, Fault):
                rows[index] = one
        faults = tuple(one if isinstance(one, Fault) else None for one in measured)
        return cls(names, rows, faults, seconds)

    @classmethod
    def all_faulty(cls, fault: Fault, names: tuple[str, ...], count: int) -> Self:
        """Say the same of every image."""
        return cls(names, np.full((count, len(names)), math.nan), (fault,) * count, 0.0)


@dataclass(frozen=True)
class Limits:
    """What one extractor may use."""

    image_seconds: float = 5.0
    memory_mb: int = 1536


@dataclass(frozen=True)
class ImageAndMask:
    """One image as an extractor sees it."""

    image: NDArray[np.uint8]
    """(H, W, C) uint8."""
    mask: NDArray[np.bool_]
    """(H, W) bool."""

    def locked(self) -> "ImageAndMask":
        """Return the same image in arrays that own their memory and that nobody can write to.

        The sandbox then need not compare it with its copy for every extractor (13 ms for 120 small images).
        """
        return ImageAndMask(_locked(self.image), _locked(self.mask))


def _locked(array: NDArray[Any]) -> NDArray[Any]:
    own = array.copy() if array.base is not None or array.flags.writeable else array
    own.setflags(write=False)
    return own
