"""The host's handle on the sandbox process and on the cells it forks: commands, deadlines, reaping.

What it does *not* do: believe a cell. A record that breaks the protocol ends the cell, as data.
"""

import contextlib
import mmap
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.reduction import send_handle
from typing import Final

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.pool import wire
from scafe.sandbox.pool.arena import Arena
from scafe.sandbox.pool.nearness import newest_cell

START_SECONDS = 180.0
"""A cold file cache on a loaded machine needed 9 s to import the libraries."""
ANSWER_SECONDS = 20.0
TICK_MS = 50
"""How often a silent cell's progress is looked at; the most by which a time limit is overrun."""
READY = 0x5AFE

ONE_THREAD: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}
"""One thread: bitwise reproducible, and the namespaces can only be left without threads."""

KEPT: Final = ("LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE")
"""Variables of the host that a sandbox process sees: where libraries lie, whether they may be compiled."""


def environment(hash_seed: int) -> dict[str, str]:
    """Return the whole environment of a sandbox process; of the host's own only what loading needs."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        **ONE_THREAD,
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": str(hash_seed),
    }


class SandboxProcess:
    """One guardian with its zygote; threads that share it take turns, one command at a time."""

    def __init__(self, prefix: Sequence[str] = (), *, hash_seed: int = 0) -> None:
        self._prefix = tuple(prefix)
        self._hash_seed = hash_seed
        self._serial = 0
        self._turn = threading.RLock()
        self._is_ready = self._is_closed = False
        self.layer_bits = 0
        self._launch()

    def _launch(self) -> None:
        self._control, inner = Pipe(duplex=True)
        watched, self._lifeline = os.pipe()
        self._errors = tempfile.TemporaryFile()
        command = [sys.executable, "-P", "-s", "-m", "scafe.sandbox.pool.worker"]
        command += [str(inner.fileno()), str(watched)]
        try:
            self._process = subprocess.Popen(
                [*self._prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=(inner.fileno(), watched),
                env=environment(self._hash_seed),
                cwd="/",
            )
        except OSError as error:
            raise SandboxError(f"the sandbox process could not be started: {error}") from error
        finally:
            inner.close()
            os.close(watched)

    def wait_ready(self) -> None:
        """Wait until the libraries are loaded; the first command does.

        Raises
        ------
        SandboxError
            If the process ends or stays silent; its last words are in the message.
        """
        if self._is_ready:
            return
        try:
            _, _, self.layer_bits = self._answer(READY, START_SECONDS)
            self._is_ready = True
        except SandboxError as error:
            self._errors.seek(0)
            said = self._errors.read()[-1500:].decode("utf-8", "replace").strip()
            self.close()
            raise SandboxError(f"{error}; it said: {said or 'nothing'}") from None

    def _answer(self, operation: int, seconds: float = ANSWER_SECONDS) -> tuple[int, int, int]:
        try:
            record = wire.read_exactly(self._control.fileno(), wire.ANSWER.size, seconds)
        except (TimeoutError, OSError) as error:
            raise SandboxError(f"the sandbox process does not answer ({error})") from None
        wire.expect(len(record) == wire.ANSWER.size, "it ended")
        answer: tuple[int, int, int] = wire.ANSWER.unpack(record)
        wire.expect(answer[0] == operation, f"answer {answer[0]} to command {operation}")
        return answer

    def _command(self, operation: int, slot: int, numbers: Sequence[int], descriptors: Sequence[int]) -> int:
        with self._turn:
            self.wait_ready()
            return self._carried_out(operation, slot, numbers, descriptors)

    def _carried_out(
        self, operation: int, slot: int, numbers: Sequence[int], descriptors: Sequence[int]
    ) -> int:
        padded = (*numbers, *(0 for _ in range(4 - len(numbers))))
        try:
            wire.write_all(
                self._control.fileno(), wire.COMMAND.pack(operation, slot, *padded), ANSWER_SECONDS
            )
            for descriptor in descriptors:
                send_handle(self._control, descriptor, self._process.pid)
        except (OSError, TimeoutError) as error:
            raise SandboxError(
                f"the sandbox process is gone ({error}); it may have run out of memory"
            ) from None
        answer = self._answer(operation)
        wire.expect(answer[1] == slot, "an answer about another cell")
        return answer[2]

    def share(self, number: int, arena: Arena) -> None:
        """Give the zygote a sealed set of images under a number."""
        self._command(wire.ARENA, number, (arena.size,), (arena.descriptor,))

    def unshare(self, number: int) -> None:
        """Take a set of images away."""
        self._command(wire.DROP, number, (), ())

    def fork(
        self,
        arena: int,
        *,
        talkative: bool,
        address_bytes: int,
        cpu_seconds: int,
        perturb_memory: int = 0,
        kind: int = 0,
    ) -> "CellHandle":
        """Fork a jailed cell that sees one set of images; `kind`: wire.LOCATES, wire.SHARED or 0."""
        flags = int(talkative) * wire.TALKATIVE | kind
        flags |= perturb_memory << wire.PERTURB_SHIFT
        with self._turn:  # until the cell is known: the newest one must be this one
            return self._forked((arena, flags, address_bytes, cpu_seconds), talkative)

    def _forked(self, numbers: tuple[int, ...], talkative: bool) -> "CellHandle":
        self._serial += 1
        requests_out, requests_in = os.pipe()
        replies_out, replies_in = os.pipe()
        board = _board()
        try:
            self._command(wire.FORK, self._serial, numbers, (requests_out, replies_in, board))
            shared = mmap.mmap(board, wire.BOARD_BYTES)
            # behind a prefix such as bwrap other processes stand between us and the zygote
            pid = None if self._prefix else newest_cell(self.pid)
            return CellHandle(self._serial, requests_in, replies_out, shared, talkative, pid)
        except SandboxError:
            os.close(requests_in)
            os.close(replies_out)
            raise
        finally:
            for descriptor in (requests_out, replies_in, board):
                os.close(descriptor)

    def end(self, cell: "CellHandle", patience_ms: int = 0) -> int:
        """Kill and reap a cell; return its wait status.

        A cell that has closed its pipe is already ending: patience lets it keep its own status.
        """
        cell.close()
        return self._command(wire.KILL, cell.slot, (patience_ms,), ())

    def close(self) -> None:
        """End the whole tree: the lifeline closes, the guardian kills, and we reap the guardian."""
        if self._is_closed:  # descriptors may be somebody else's by now
            return
        self._is_closed = True
        for closing in (self._control.close, lambda: os.close(self._lifeline), self._errors.close):
            with contextlib.suppress(OSError):
                closing()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    @property
    def pid(self) -> int:
        """Process id of the guardian."""
        return self._process.pid


def _board() -> int:
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("scafe-board", os.MFD_CLOEXEC)
    else:
        descriptor, name = tempfile.mkstemp(prefix="scafe-")
        os.unlink(name)
    os.ftruncate(descriptor, wire.BOARD_BYTES)
    return descriptor


class CellHandle:
    """The host's end of one jailed cell."""

    def __init__(
        self,
        slot: int,
        requests: int,
        replies: int,
        board: mmap.mmap,
        talkative: bool,
        pid: int | None = None,
    ) -> None:
        self.slot = slot
        self.pid = pid
        """As the host sees it; None if it cannot be seen."""
        self.requests = requests
        self.replies = replies
        self._board = board
        self.record = wire.TALKING_ROW if talkative else wire.ROW
        self.serial = 0
        self.first = 0
        self.count = 0
        self.seen = 0
        self.bell = b""
        """What the cell says when its batch is done."""
        self.moved = 0.0
        self.started = 0.0
        self._poll = select.poll()
        self._poll.register(replies, select.POLLIN)

    def send_source(self, source: str, seconds: float) -> None:
        """Ask the cell to load an extractor."""
        data = source[:65_537].encode("utf-8", "replace")  # one character over the limit is refused inside
        self.serial += 1
        wire.write_all(self.requests, wire.REQUEST.pack(wire.LOAD, len(data), 0, self.serial) + data, seconds)

    def send_batch(self, first: int, count: int) -> None:
        """Ask the cell to measure images `first` to `first + count - 1`."""
        self.serial += 1
        self.first, self.count, self.seen = first, count, 0
        wire.COUNTER.pack_into(self._board, 0, 0)
        self.bell = wire.DOORBELL.pack(self.serial, count)
        self.started = self.moved = time.monotonic()
        os.write(self.requests, wire.REQUEST.pack(wire.RUN, first, count, self.serial))

    def is_unchanged(self, seconds: float) -> bool:
        """Ask an idle cell whether builtins and libraries hold what they held before the first image.

        A cell that does not answer as it should is taken for a changed one.
        """
        self.serial += 1
        try:
            request = wire.REQUEST.pack(wire.CHECK, 0, 0, self.serial)
            wire.write_all(self.requests, request, seconds)
            answer = wire.read_exactly(self.replies, wire.CHECKED.size, seconds)
        except (OSError, TimeoutError):
            return False
        return answer == wire.CHECKED.pack(self.serial, 1)

    def rings(self, image_seconds: float) -> bool:
        """Wait until the cell says something or is gone; False if it is overdue."""
        while not self._poll.poll(TICK_MS):
            if self.is_overdue(time.monotonic(), image_seconds):
                return False
        return True

    def done(self) -> int:
        """How many images of the batch the cell says it has done; never more than were asked for."""
        (done,) = wire.COUNTER.unpack_from(self._board, 0)
        return min(int(done), self.count)

    def is_overdue(self, now: float, image_seconds: float) -> bool:
        """Whether one image takes too long, or the whole batch does (the counter is the cell's word)."""
        done = self.done()
        if done != self.seen:
            self.seen, self.moved = done, now
        return now - self.moved > image_seconds or now - self.started > image_seconds * (self.count + 1)

    def rows(self, count: int) -> bytes:
        """Copy the first rows of the board; the cell may still be scribbling, so check the copy."""
        return self._board[wire.COUNTER.size : wire.COUNTER.size + count * self.record.size]

    def close(self) -> None:
        """Close the host's ends of the pipes."""
        if self.requests >= 0:
            os.close(self.requests)
            os.close(self.replies)
            self._board.close()
            self.requests = self.replies = -1
