"""Decode images while something else is at work: what comes next is ready when it is asked for."""

import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Part = TypeVar("Part")


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
