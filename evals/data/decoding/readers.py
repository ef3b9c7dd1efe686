"""Read images through by several processes: threads of one wait for Python's lock where files are small.

What comes back of an image is its hash and what its file said, never a pixel.
"""

import contextlib
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from multiprocessing import Pipe
from types import TracebackType
from typing import Self

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.decoding.ahead import cores
from scafe.evals.data.sources import Pixels
from scafe.knowledge.contract.errors import DatasetError, SandboxError, ScafeError
from scafe.sandbox.pool.extraction import ImageAndMask

CHUNK = 8
"""Images of a request; its answers fit a socket's buffer, so that neither side waits for the other."""
AHEAD = 4
"""Requests that wait in each process: one may have a large image while the others go on."""


@dataclass(frozen=True, slots=True)
class ToRead:
    """One image that is to be read."""

    where: str
    """For errors: row and file name."""
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Hashed:
    """What is left of an image that was read."""

    sha256: str
    """Over the bytes that image and mask were made of."""
    met: frozenset[Attribute]
    """Attributes of the format that this file has."""
    pair: ImageAndMask | None = None
    """Image and mask, where they are kept in memory."""


class Readers:
    """Processes that start at once, and end when the context is left or this process dies.

    Parameters
    ----------
    count : int, optional
        By default one for each core, four at most.

    Raises
    ------
    SandboxError
        If a process cannot be started.
    """

    def __init__(self, count: int | None = None) -> None:
        self._all: list[Reader] = []
        try:
            for _ in range(count or cores()):
                self._all.append(Reader())
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        for one in self._all:
            one.end()

    def read(self, rows: Sequence[ToRead]) -> Iterator[Hashed]:
        """Read images side by side; what comes of them keeps their order.

        Raises
        ------
        DatasetError
            If an image cannot be used, or ends the process that reads it; images before it come first.
        """
        turns = cycle(self._all)
        waiting: deque[tuple[Reader, Sequence[ToRead]]] = deque()
        for start in range(0, len(rows), CHUNK):
            reader, chunk = next(turns), rows[start : start + CHUNK]
            reader.ask(chunk)
            waiting.append((reader, chunk))
            if len(waiting) == AHEAD * len(self._all):
                yield from _answers(*waiting.popleft())
        while waiting:
            yield from _answers(*waiting.popleft())


class Reader:
    """One process that reads: `python -m scafe.evals.processes.reader`."""

    def __init__(self) -> None:
        self._pipe, inner = Pipe(duplex=True)
        command = [sys.executable, "-I", "-m", "scafe.evals.processes.reader", str(inner.fileno())]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=(inner.fileno(),)
            )
        except OSError as error:
            self._pipe.close()
            raise SandboxError(
                f"a process that reads images could not be started ({error}); free memory or processes and "
                "start again"
            ) from error
        finally:
            inner.close()

    def ask(self, rows: Sequence[ToRead]) -> None:
        """Give it images to read; if it has ended, the first answer that is missing says at which image."""
        with contextlib.suppress(OSError):
            self._pipe.send(rows)

    def answer(self, row: ToRead) -> Hashed:
        """Wait until the next image is read, and say what is left of it; `row` names it where it is not."""
        try:
            found: Hashed | ScafeError = self._pipe.recv()
        except (EOFError, OSError):
            raise self._fault(row.where) from None
        if isinstance(found, ScafeError):
            raise found
        return found

    def _fault(self, where: str) -> DatasetError:
        code = self._process.wait()
        ended = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        return DatasetError(
            f"{where}: the process that read it {ended} (no memory left, or a decoder that crashes on it; "
            "what it printed stands above); save the image again or leave it out"
        )

    def end(self) -> None:
        """End it, whatever it is at."""
        self._pipe.close()
        self._process.kill()
        self._process.wait()


def _answers(reader: Reader, rows: Sequence[ToRead]) -> Iterator[Hashed]:
    return (reader.answer(row) for row in rows)
