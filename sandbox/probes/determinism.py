"""Detectors of values that depend on more than the image: each difference names its cause.

Every new extractor runs in two sandbox processes that differ in hash seed and address layout, over
fresh memory filled with a pattern, in two orders, and on each image alone. What they do *not* do:
prove determinism, or compare machines (across processors the last digits of a float may differ).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scafe.sandbox.pool.crew import Row
from scafe.sandbox.pool.extraction import ImageAndMask
from scafe.sandbox.pool.pool import Pool
from scafe.sandbox.pool.second_look import PATTERN, comparable
from scafe.sandbox.probes.verdict import Finding

CHECKED_IMAGES = 4


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
SEED = Cause(
    "differs between two processes with other hash seeds (order of a set, or text of an address)",
    "iterate over sorted(...) instead of a set, and never over repr() or str() of an object",
)


class Detectors:
    """Checks bound to one pool; callable as `judge` wants it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def __call__(self, source: str, images: Sequence[ImageAndMask]) -> tuple[Finding, ...]:
        """Check one extractor on a few of the given phantoms."""
        return check_determinism(source, images, self._pool)


def check_determinism(source: str, images: Sequence[ImageAndMask], pool: Pool) -> tuple[Finding, ...]:
    """Run one extractor in ways that must not matter, and say which of them did.

    Parameters
    ----------
    source : str
        The extractor's module.
    images : sequence of ImageAndMask
        Phantoms; at most four of them are used, evenly spaced.
    pool : Pool
        Open; its second process is started on first use and kept.

    Returns
    -------
    tuple of Finding
        Empty if nothing mattered; else one finding with the first cause found.
    """
    step = max(1, -(-len(images) // CHECKED_IMAGES))
    few = tuple(images[::step])
    forward = tuple(range(len(few)))
    if not few:
        return ()
    trial = _Trial(source, few, pool, pool.rerun(source, few, forward))
    return () if trial.is_steady() else (_finding(trial.cause()),)


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
        return (
            self.is_orderless()
            and _same(self.forward(perturb_memory=PATTERN), self.first)
            and _same(self.forward(twin=True), self.first)
        )

    def is_orderless(self) -> bool:
        """Run backwards, the first image three times; each image in between alone in a fresh process."""
        order = tuple(range(len(self.few)))
        backward = self.pool.rerun(self.source, self.few, (*order[::-1], 0, 0))
        wanted = (*self.first[::-1], self.first[0], self.first[0])
        # the first image of either order was alone already
        alone = (self.pool.rerun(self.source, self.few, (index,))[0] for index in order[1:-1])
        return _same(backward, wanted) and _same(tuple(alone), self.first[1:-1])

    def cause(self) -> Cause:
        """Tell what mattered, the causes that imply others first."""
        if not _same(self.forward(), self.first):
            return RANDOM
        patterned = [self.forward(perturb_memory=byte) for byte in (PATTERN, PATTERN // 2)]
        if not _same(*patterned):
            return MEMORY
        # addresses move when memory is perturbed, and from process to process; state does neither
        moved = not _same(patterned[0], self.first) or not _same(self.forward(twin=True), self.first)
        return SEED if moved else ORDER


def _same(one: Sequence[Row], other: Sequence[Row]) -> bool:
    return [comparable(row) for row in one] == [comparable(row) for row in other]


def _finding(cause: Cause) -> Finding:
    message = f"nondeterministic: a value {cause.sentence}; {cause.remedy}"
    return Finding(code="nondeterministic", severity="reject", message=message)
