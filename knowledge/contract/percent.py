"""How far long work is: whole percents, a byte each, from a process that works to the one that waits for it.

The one that waits may hold a model's client: it learns no number of images, no name and no value. A process
that waits tells `hearing` who wants to know; where nobody does, nothing is told.
"""

import contextlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

Part = TypeVar("Part")
Hear = Callable[[int], None]
"""Is told 0 to 99 while work goes on, and 100 at its end; by a thread of its own."""
NAME = "SCAFE_PERCENT"
"""The variable that names the descriptor to write to."""
LEAST = 200
"""Images from which work is long enough to be told of."""
PATIENCE = 1.0
"""Seconds to wait for the last percent of a process that has ended."""
_hearers: list[Hear] = []


@contextmanager
def hearing(hear: Hear) -> Iterator[None]:
    """Hear of every process that is started, or is at work, until the context is left."""
    _hearers.append(hear)
    try:
        yield
    finally:
        _hearers.remove(hear)


class Ear:
    """The end of the process that waits; open it around the one that works.

    Examples
    --------
    >>> with Ear() as ear:  # nobody hears
    ...     ear.descriptors, ear.environment(())
    ((), {})
    """

    def __init__(self) -> None:
        self.descriptors: tuple[int, ...] = ()
        """To be passed to the process."""
        self._thread: threading.Thread | None = None

    def environment(self, passed_on: Iterable[str]) -> dict[str, str]:
        """Return the process's whole environment: these variables of ours, and where to tell."""
        kept = {name: os.environ[name] for name in passed_on if name in os.environ}
        return {**kept, NAME: str(self.descriptors[0])} if self.descriptors else kept

    def __enter__(self) -> Self:
        """Begin to listen, if somebody wants to know."""
        if _hearers:
            ours, theirs = os.pipe()
            self.descriptors = (theirs,)
            self._thread = threading.Thread(target=_hand_on, args=(ours,), daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; the process has ended."""
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = ()
        if self._thread is not None:
            self._thread.join(PATIENCE)


def _hand_on(descriptor: int) -> None:
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        while told := pipe.read(256):
            for hear in tuple(_hearers):
                hear(min(told[-1], 100))


class Percent:
    """The end of the process that works; it has one, `PERCENT`."""

    def __init__(self) -> None:
        self._descriptor = -1
        self._last = -1

    def connect(self) -> None:
        """Take up what the process that started this one listens to; its own children do not."""
        named = os.environ.pop(NAME, "")
        if named.isdecimal() and _is_pipe(int(named)):
            self._descriptor = int(named)
            os.set_inheritable(self._descriptor, False)
            os.set_blocking(self._descriptor, False)

    def over(
        self, parts: Iterable[Part], count: int, size: Callable[[Part], int] | None = None
    ) -> Iterator[Part]:
        """Hand parts on, and tell how far they are; a part is done when the next one is asked for.

        Parameters
        ----------
        parts : iterable
        count : int
            Images in all.
        size : callable, optional
            How many images a part is; by default one.
        """
        if self._descriptor < 0 or count < LEAST:
            yield from parts
            return
        done = 0
        try:
            for part in parts:
                yield part
                done += 1 if size is None else size(part)
                self._tell(min(99, done * 100 // count))
        finally:
            self._tell(100)

    def _tell(self, percent: int) -> None:
        if percent == self._last or self._descriptor < 0:
            return
        self._last = percent
        with contextlib.suppress(BlockingIOError):  # whoever waits is busy: the next one tells more
            try:
                os.write(self._descriptor, bytes([percent]))
            except BrokenPipeError:
                self._descriptor = -1


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except (OSError, OverflowError):
        return False


PERCENT = Percent()
