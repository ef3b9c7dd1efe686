"""Decode images while something else is at work: what comes next is ready when it is asked for."""

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")
MOST_THREADS = 4
"""At work side by side; each holds two images."""


def cores() -> int:
    """How many threads may work side by side here."""
    given = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    return min(MOST_THREADS, given)


def side_by_side(work: Callable[[Part], Made], parts: Iterable[Part]) -> Iterator[Made]:
    """Do a work on every part, a few of them ahead on other cores; what comes of it keeps their order.

    Worth it for what leaves Python's lock: decoders, hashes, and most that NumPy, OpenCV and scikit-image do.
    What a part raises is raised in its turn. Until the end the whole process ignores warnings (see
    `decoding_threads`).

    Examples
    --------
    >>> list(side_by_side(abs, [-2, -1]))
    [2, 1]
    """
    ahead = 2 * cores()
    waiting: deque[Future[Made]] = deque()
    with decoding_threads(cores()) as threads:
        try:
            for part in parts:
                waiting.append(threads.submit(work, part))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()


@contextmanager
def decoding_threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Start threads that may call readers of images; leaving the context waits for them.

    `contained` puts the filters of warnings aside, which threads do to one another: all of them ignore here.
    """
    with warnings.catch_warnings(), ThreadPoolExecutor(count) as threads:
        warnings.simplefilter("ignore")
        yield threads


def one_ahead(parts: Iterator[Part]) -> Iterator[Part]:
    """Hand out parts in their order; the next one is made by a thread while the caller has this one.

    What a part raises is raised where it would be handed out, after all parts before it. Until the last part
    is handed out, or the caller closes this, the whole process ignores warnings (see `decoding_threads`).

    Examples
    --------
    >>> list(one_ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    with decoding_threads(1) as thread:
        coming = thread.submit(_next, parts)
        while part := coming.result():
            coming = thread.submit(_next, parts)
            yield part[0]


def _next(parts: Iterator[Part]) -> tuple[Part] | None:
    """Return one part in a tuple, so that it can be told from the end."""
    return next(((part,) for part in parts), None)
