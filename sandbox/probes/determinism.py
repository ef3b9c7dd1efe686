"""Detectors of values that depend on more than the image: each difference names its cause.

Every new extractor runs in two sandbox processes that differ in hash seed and address layout, over
fresh memory filled with a pattern, in two orders, and on each image alone. What they do *not* do:
prove determinism, or compare machines (across processors the last digits of a float may differ).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from scafe.sandbox.pool.crew import Row
from scafe.sandbox.pool.extraction import Fault, ImageAndMask
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.pool.second_look import PATTERN, agree
from scafe.sandbox.probes.verdict import Finding

Shape = tuple[int, int, int]

CHECKED_IMAGES = 4
SHAPED_IMAGES = 2
"""Phantoms that are drawn to each shape of the user's images; state needs two to show."""


@dataclass(frozen=True)
class Cause:
    """One reason why two runs may differ."""

    sentence: str
    """What was seen."""
    remedy: str
    """What to write instead."""


RANDOM = Cause(
    "differs between two runs of the same process on the same image",
    "draw from np.random.default_rng(0) with a fixed integer seed",
)
MEMORY = Cause(
    "changes with the bytes that fresh memory holds (uninitialised memory)",
    "fill every array before reading it; give a ufunc with where= an out= array of zeros",
)
ORDER = Cause(
    "depends on the images seen before (state between calls)",
    "compute from image and mask alone; keep nothing in module-level lists, defaults or closures",
)
CHANGED = Cause(
    "can depend on the images seen before: builtins or libraries of the worker changed",
    "compute from image and mask alone; change nothing that belongs to Python or to a library",
)
SEED = Cause(
    "differs between two processes with other hash seeds (order of a set, or text of an address)",
    "iterate over sorted(...) instead of a set, and never over repr() or str() of an object",
)


class Detectors:
    """Checks bound to one pool; callable as `judge` wants it.

    Parameters
    ----------
    pool : Pool
        Open.
    shapes : sequence of (height, width, channels)
        Of the images that the extractor is meant for.
    """

    def __init__(self, pool: Pool, shapes: Sequence[Shape] = ()) -> None:
        self._pool = pool
        self._shapes = tuple(shapes)

    def __call__(self, source: str, images: Sequence[ImageAndMask]) -> tuple[Finding, ...]:
        """Check one extractor on a few of the given phantoms, and on some drawn to the wanted shapes."""
        return check_determinism(source, images, self._pool, self._shapes)


def check_determinism(
    source: str, images: Sequence[ImageAndMask], pool: Pool, shapes: Sequence[Shape] = ()
) -> tuple[Finding, ...]:
    """Run one extractor in ways that must not matter, and say which of them did.

    Parameters
    ----------
    source : str
        The extractor's module.
    images : sequence of ImageAndMask
        Phantoms; at most four of them are used, evenly spaced.
    pool : Pool
        Open; its second process is started on first use and kept.
    shapes : sequence of (height, width, channels)
        Two phantoms more are drawn to each: an extractor could behave on images of the phantoms' size alone.

    Returns
    -------
    tuple of Finding
        Empty if nothing mattered; else one finding with the first cause found.
    """
    step = max(1, -(-len(images) // CHECKED_IMAGES))
    few = tuple(images[::step])
    few += tuple(as_shape(one, shape) for shape in shapes for one in few[:SHAPED_IMAGES])
    forward = tuple(range(len(few)))
    if not few:
        return ()
    trial = _Trial(source, few, pool, pool.rerun(source, few, forward))
    if any(isinstance(row, Fault) and row.kind == "state" for row in trial.first):
        return (_finding(CHANGED),)
    return () if trial.is_steady() else (_finding(trial.cause()),)


def as_shape(one: ImageAndMask, shape: Shape) -> ImageAndMask:
    """Draw a phantom again at another size and with another number of channels.

    Parameters
    ----------
    shape : (height, width, channels)
        Channels beyond the phantom's own repeat them.

    Examples
    --------
    >>> import numpy as np
    >>> small = ImageAndMask(np.zeros((4, 4, 3), np.uint8), np.ones((4, 4), np.bool_))
    >>> as_shape(small, (6, 8, 1)).image.shape
    (6, 8, 1)
    """
    height, width, channels = shape
    planes = [one.image[..., channel % one.image.shape[2]] for channel in range(channels)]
    drawn = [cv2.resize(np.ascontiguousarray(plane), (width, height)) for plane in planes]
    mask = cv2.resize(one.mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return ImageAndMask(np.stack(drawn, axis=-1).astype(np.uint8), mask.astype(np.bool_)).locked()


@dataclass(frozen=True)
class _Trial:
    """One extractor on a few phantoms, with the rows of the plain run."""

    source: str
    few: tuple[ImageAndMask, ...]
    pool: Pool
    first: tuple[Row, ...]

    def forward(self, *, twin: bool = False, perturb_memory: int = 0) -> tuple[Row, ...]:
        order = tuple(range(len(self.few)))
        return self.pool.rerun(self.source, self.few, order, twin=twin, perturb_memory=perturb_memory)

    def is_steady(self) -> bool:
        """Whether orders, loneliness, memory and process all leave the values alone."""
        return self.is_orderless() and self.is_lonely()

    def is_orderless(self) -> bool:
        """Run backwards over patterned memory, the first image three times."""
        order = tuple(range(len(self.few)))
        backward = self.pool.rerun(self.source, self.few, (*order[::-1], 0, 0), perturb_memory=PATTERN)
        return agree(backward, (*self.first[::-1], self.first[0], self.first[0]))

    def is_lonely(self) -> bool:
        """Run each image in between alone in a fresh cell of the second process, then the others there.

        The first image of either order was alone already. A cell costs 35 ms of CPU time, an image 1 ms.
        """
        last = len(self.few) - 1
        orders: list[tuple[int, ...]] = [(index,) for index in range(1, last)] or [()]
        orders[-1] = (*orders[-1], last, 0)
        rows = [row for order in orders for row in self.pool.rerun(self.source, self.few, order, twin=True)]
        wanted = [self.first[index] for order in orders for index in order]
        return agree(rows, wanted)

    def cause(self) -> Cause:
        """Tell what mattered, the causes that imply others first."""
        if not agree(self.forward(), self.first):
            return RANDOM
        patterned = [self.forward(perturb_memory=byte) for byte in (PATTERN, PATTERN // 2)]
        if not agree(*patterned):
            return MEMORY
        # addresses move when memory is perturbed, and from process to process; state does neither
        moved = not agree(patterned[0], self.first) or not agree(self.forward(twin=True), self.first)
        return SEED if moved else ORDER


def _finding(cause: Cause) -> Finding:
    message = f"nondeterministic: a value {cause.sentence}; {cause.remedy}"
    return Finding(code="nondeterministic", severity="reject", message=message)
