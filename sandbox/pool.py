"""The side of the sandbox that the host sees: start workers, feed images, time out, reap.

Interface only in this comment; the walls behind it are `review`, `facades`, `jail`, `worker`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

FaultKind = Literal["refused", "exception", "contract", "timeout", "memory", "killed"]
"""refused: language wall, before the first image · exception: raised by the extractor · contract:
wrong keys or values · timeout, memory, killed: ended by the operating-system wall."""


@dataclass(frozen=True)
class Fault:
    """Why an extractor gave no row for one image (or for all). The extractor's fault is data."""

    kind: FaultKind
    exception: str
    """Exception class from a fixed list, or '' ."""
    line: int | None
    """1-based line in the extractor's source, if known."""
    message: str
    """Words for the model; empty unless the images are phantoms (`talkative`) or the kind is refused."""


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


class Pool:
    """Workers behind both walls. Use as a context manager; closing reaps every process.

    Raises
    ------
    SandboxError
        On entering, if this host cannot hold the walls (below tier B) and `allow_weaker` is false;
        later, if the sandbox itself fails.
    """

    def __init__(
        self,
        workers: int = 2,
        limits: Limits | None = None,
        *,
        allow_weaker: bool = False,
        backend: str = "local",
        hash_seed: int = 0,
        perturb_memory: int = 0,
    ) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    def extract(self, source: str, images: Sequence[ImageAndMask], *, talkative: bool = False) -> Extraction:
        """Run one extractor over images, in order.

        The names are fixed by the extractor's FEATURES. `talkative` (phantoms only) lets exception
        messages back; on patient images only an exception class and a line number come back.
        """
        raise NotImplementedError
