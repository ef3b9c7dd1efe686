"""Keep a quick cell on the processor core of the thread that waits for it.

The host and the cell of a quick extractor take turns. Waking a second, halted core of a virtual machine
took 150-330 us a round trip, a switch on one core 8-10 us (two bare processes and a pipe). A cell whose
batches are slow may run wherever the kernel likes: there a wake-up is small change, and a fixed core could
be a busy one.

The kernel wakes the host on an idle core. A cell that follows it there has cold caches: of 500 calls of an
extractor of 0.6 ms, one image each, 240 moved both, and a call took 1.1 ms instead of 0.8. So around such a
call the host's thread is held as well; it is let go before the call returns.
"""

import contextlib
import ctypes
import os
from pathlib import Path
from typing import Final

QUICK_SECONDS: Final = 0.004
"""A batch that takes less is dominated by wake-ups."""
SLOW_SECONDS: Final = 0.008
"""A batch that takes more sets the cell free; between the two it stays as it is."""
HOST_SECONDS: Final = 0.0002
"""A shorter batch is not worth the two system calls that hold and free the host (7-18 us)."""


class Nearness:
    """The core of one cell, settled anew after each of its batches."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self._core: int | None = None
        """Core that the cell is held on; None: free."""
        self._last = 0.0
        """Seconds of the last batch."""

    def hold_host(self) -> set[int] | None:
        """Hold the calling thread on the cell's core for one quick batch; return where it may run after.

        None says that it was left alone: the cell is free, or a null call would gain nothing.
        """
        if self._core is None or self._last < HOST_SECONDS:
            return None
        before = os.sched_getaffinity(0)
        if self._core not in before:
            return None
        try:
            os.sched_setaffinity(0, (self._core,))
        except OSError:  # the core was taken from this process meanwhile
            return None
        return before

    @staticmethod
    def free_host(before: set[int]) -> None:
        """Let the calling thread run where it might before `hold_host`."""
        with contextlib.suppress(OSError):  # none of those cores is allowed any more: the kernel has moved it
            os.sched_setaffinity(0, before)

    def settle(self, seconds: float) -> None:
        """Hold the cell near or set it free, by how long its last batch took.

        A kernel that does not allow it costs one refused call, and the cell stays free.
        """
        self._last = seconds
        if self._pid is None:
            return
        try:
            if seconds < QUICK_SECONDS:
                self._hold(self._pid, _current_core())
            elif seconds > SLOW_SECONDS and self._core is not None:
                self._set_free(self._pid)
        except OSError:
            self._pid = self._core = None

    def _hold(self, pid: int, core: int) -> None:
        if core != self._core and core >= 0:
            os.sched_setaffinity(pid, (core,))
            self._core = core

    def _set_free(self, pid: int) -> None:
        os.sched_setaffinity(pid, os.sched_getaffinity(0))
        self._core = None


_sched_getcpu = getattr(ctypes.CDLL(None), "sched_getcpu", None)
"""None where the C library has none: nothing is held anywhere."""


def _current_core() -> int:
    """Return the core that the calling thread is on; -1 if nobody says."""
    return -1 if _sched_getcpu is None else int(_sched_getcpu())


def newest_cell(guardian: int) -> int | None:
    """Process id, as the host sees it, of the cell that was forked last; None if it cannot be seen.

    The zygote knows its cells by the numbers of its own namespace only.

    Parameters
    ----------
    guardian : int
        Process id of the guardian; the zygote is its child, the cells are the zygote's.
    """
    zygotes = _children(guardian)
    cells = _children(zygotes[-1]) if len(zygotes) == 1 else []
    return cells[-1] if cells else None


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (OSError, ValueError):
        return []
