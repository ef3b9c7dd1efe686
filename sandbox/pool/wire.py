"""The fixed-size binary records between host, zygote and worker.

What a worker sends is hostile: the host unpacks records of known size and checks every field; no
pickle, no JSON, no length chosen by the other side.
"""

import os
import select
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

from scafe.knowledge.contract.errors import SandboxError
from scafe.knowledge.contract.extractor import MAX_FEATURES

ARENA, DROP, FORK, KILL, QUIT = 1, 2, 3, 4, 5
"""Commands from host to zygote."""
LOAD, RUN, CHECK = 1, 2, 3
"""Requests from host to worker."""
PASSED, REFUSED = 0, 1
"""Status of a load."""
FINE, EXCEPTION, CONTRACT, MEMORY, STATE = 0, 1, 2, 3, 4
"""Status of a row; STATE: what the cell's builtins hold changed while it was measured."""

COMMAND: Final = struct.Struct("<IIqqqq")
"""op, slot or arena, four numbers."""
ANSWER: Final = struct.Struct("<IIq")
"""op, slot or arena, one number (process id, wait status)."""
REQUEST: Final = struct.Struct("<IIII")
"""op, length or first image, count, serial."""
NAME_BYTES, MESSAGE_BYTES, TALK_BYTES = 48, 2400, 480
LOADED: Final = struct.Struct(f"<IIIiI{MAX_FEATURES * NAME_BYTES}s{MESSAGE_BYTES}s")
"""serial, status, breaches of the self-attack, line, number of names, names, message."""
HEAD = "<IIIIi"
ROW: Final = struct.Struct(f"{HEAD}{MAX_FEATURES}d")
"""serial, image, status, exception number, line, values."""
TALKING_ROW: Final = struct.Struct(f"{HEAD}{MAX_FEATURES}d{TALK_BYTES}s")
"""The same with words; phantoms only."""
DOORBELL: Final = struct.Struct("<II")
"""serial, images done: says that a request is finished."""
CHECKED: Final = struct.Struct("<II")
"""serial, 1 if builtins and libraries hold what they held before the first image."""
COUNTER: Final = struct.Struct("<Q")
"""How many images of the current request are done; at the head of the board."""
BATCH = 16
"""Most images in one request."""
BOARD_BYTES: Final = COUNTER.size + BATCH * TALKING_ROW.size
"""Shared memory of one worker: the counter, then a row per image of the request. Rows stand there
when a worker is killed in the middle of a request, so nothing is measured twice."""

REGION: Final = struct.Struct(f"{HEAD}d{TALK_BYTES}s")
"""serial, image, status, exception number, line, confidence, words; of a locator. If the status is FINE, the
mask follows, one bit a pixel in as many bytes as the host counts for that image."""
TALKATIVE, LOCATES, SHARED, PERTURB_SHIFT = 1, 2, 4, 8
"""Flags of FORK: words may come back (phantoms only); the cell runs a locator; it
runs several extractors; from bit 8 on, the byte that
fresh memory is filled with."""


def read_exactly(descriptor: int, size: int, seconds: float | None = None) -> bytes:
    """Read `size` bytes; fewer if the other side closed.

    Raises
    ------
    TimeoutError
        If they did not come within `seconds`.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    parts = bytearray()
    while len(parts) < size:
        _wait(descriptor, select.POLLIN, deadline)
        part = os.read(descriptor, size - len(parts))
        if len(part) == size:  # nearly always: no copy
            return part
        if not part:
            break
        parts += part
    return bytes(parts)


def write_all(descriptor: int, data: bytes, seconds: float | None = None) -> None:
    """Write every byte.

    Raises
    ------
    TimeoutError
        If the other side did not take them within `seconds`.
    BrokenPipeError
        If the other side is gone.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    view = memoryview(data)
    while view:
        _wait(descriptor, select.POLLOUT, deadline)
        # a pipe that polls writable takes PIPE_BUF bytes without blocking
        view = view[os.write(descriptor, view[: select.PIPE_BUF]) :]


def _wait(descriptor: int, event: int, deadline: float | None) -> None:
    if deadline is None:
        return
    poll = select.poll()
    poll.register(descriptor, event)
    left = max(0.0, deadline - time.monotonic())
    if not poll.poll(left * 1000):
        raise TimeoutError("the sandbox process did not answer in time")


def text_of(field: bytes) -> str:
    """Read a padded text field; anything unprintable becomes a question mark."""
    text = field.rstrip(b"\0").decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)


def field_of(text: str, size: int) -> bytes:
    """Pack text into a field, cut at a whole character."""
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore").encode()


@cache
def row_layout(width: int, size: int) -> struct.Struct:
    """Layout of a row of `size` bytes of which only the first `width` values are looked at.

    Most extractors have two or three features of twelve.
    """
    used = struct.Struct(f"{HEAD}{width}d")
    return struct.Struct(f"{used.format}{size - used.size}x")


def expect(condition: bool, what: str) -> None:
    """Raise if a record from a sandbox process breaks the protocol."""
    if not condition:
        raise SandboxError(f"the sandbox process broke its protocol ({what}); it was ended")


def batches(count: int, workers: int) -> Iterable[range]:
    """Cut the first `count` images into requests."""
    size = batch_size(count, workers)
    return (range(first, min(first + size, count)) for first in range(0, count, size))


def batch_size(count: int, workers: int) -> int:
    """Four batches a worker, so that none waits long for the last; one worker waits for nobody."""
    return BATCH if workers == 1 else max(1, min(BATCH, -(-count // (4 * workers))))


def runs(places: Sequence[int], size: int) -> Iterator[range]:
    """Cut places into requests: neighbours in rising order go together, at most `size` of them."""
    run = range(0)
    for place in places:
        if len(run) and place == run.stop and len(run) < size:
            run = range(run.start, place + 1)
            continue
        if len(run):
            yield run
        run = range(place, place + 1)
    if len(run):
        yield run
