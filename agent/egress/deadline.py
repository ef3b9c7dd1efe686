"""One deadline for the whole of an answer: connecting, headers and body together.

A client's own timeouts run anew with every byte, so a server that sends one now and then, in its headers as
well as in its body, holds a request for as long as it likes.
"""

import contextlib
import threading
from types import TracebackType
from typing import Any, Self

OPENED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
"""Events of httpcore's `trace` extension that bring the stream of a connection."""
BOTH_WAYS = 2
"""socket.SHUT_RDWR; a module that imports `socket` is a door to the network, and this one is none."""


class Deadline:
    """Ends the connection of one request when its time is over; use as a context manager.

    Parameters
    ----------
    seconds : float
        Time for the whole request.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._stream: Any = None
        self._timer = threading.Timer(max(seconds, 0.0), self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def extensions(self) -> dict[str, Any]:
        """Return what a request carries for it: httpcore's extensions, timeouts of single steps included."""
        steps = dict.fromkeys(("connect", "read", "write", "pool"), self.seconds)
        return {"trace": self._note, "timeout": steps}

    def _note(self, event: str, info: dict[str, Any]) -> None:
        if event in OPENED:
            self._stream = info["return_value"]
            if self.is_over:
                self._end()

    def _end(self) -> None:
        self.is_over = True
        connection = self._stream.get_extra_info("socket") if self._stream is not None else None
        if connection is not None:
            with contextlib.suppress(OSError):  # closed meanwhile
                connection.shutdown(BOTH_WAYS)
