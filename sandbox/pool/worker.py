"""The sandbox process: `python -m scafe.sandbox.pool.worker CONTROL LIFELINE`.

It starts as a *guardian*, which leaves the host's namespaces, forks the *zygote* and then only
waits: when the host dies, even by SIGKILL, the lifeline closes and the guardian ends everything.
The zygote loads the libraries once and forks a *cell* (`cell`) for each extractor.
What it does *not* do: read a byte that a cell wrote. Cells answer the host by pipes of their own.
"""

import gc
import os
import select
import signal
import sys
import time
import warnings
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from typing import NoReturn

from scafe.sandbox.pool import wire
from scafe.sandbox.system import jail

READY = 0x5AFE


def main(arguments: list[str]) -> NoReturn:
    """Run guardian and zygote."""
    control, lifeline = (int(argument) for argument in arguments)
    layer = jail.namespaces()
    parent = os.getpid() if not layer.is_active else 0  # inside a new pid namespace the parent reads as 0
    child = os.fork()
    if child:
        _guard(child, control, lifeline)
    jail.die_with_parent(parent)
    os.close(lifeline)
    os.setsid()
    zygote = Zygote(control)
    zygote.prepare(layer)
    while zygote.serve_one():
        pass
    os._exit(0)


def _guard(child: int, control: int, lifeline: int) -> NoReturn:
    os.close(control)
    watch = select.poll()
    watch.register(lifeline, select.POLLIN)
    pid_descriptor = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
    if pid_descriptor is not None:
        watch.register(pid_descriptor, select.POLLIN)
    events = watch.poll(None)
    if any(descriptor == lifeline for descriptor, _ in events):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os._exit(0)


def _silence() -> None:
    """Point standard streams at nothing: cells inherit them, and stderr is a file of the host."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


class Zygote:
    """The process that has everything loaded and forks cells."""

    def __init__(self, control: int) -> None:
        self.control = Connection(control)
        self.arenas: dict[int, tuple[int, int]] = {}
        self.cells: dict[int, int] = {}

    def prepare(self, layer: jail.Layer) -> None:
        """Load every library, close the file system, and tell the host which layers hold."""
        warnings.simplefilter("ignore")
        from scafe.sandbox.pool import warmup  # numpy may start threads: only after the namespaces

        jail.keep_freed_memory()
        warmup.warm_up()
        sys.dont_write_bytecode = True  # until here: an installer such as uv leaves libraries uncompiled
        self.fingerprint = warmup.fingerprint()
        gc.collect()
        gc.freeze()
        jail.remember_address_space()
        _silence()
        rooted = jail.empty_root() if layer.is_active else jail.Layer("empty root", "unavailable", "")
        bits = int(layer.is_active) | int(rooted.is_active) << 1
        self.answer(READY, 0, bits)

    def answer(self, operation: int, slot: int, number: int) -> None:
        """Send one fixed-size answer to the host."""
        wire.write_all(self.control.fileno(), wire.ANSWER.pack(operation, slot, number))

    def serve_one(self) -> bool:
        """Carry out one command; False when the host is gone."""
        record = wire.read_exactly(self.control.fileno(), wire.COMMAND.size)
        if len(record) < wire.COMMAND.size:
            return False
        operation, slot, *numbers = wire.COMMAND.unpack(record)
        if operation == wire.ARENA:
            self.arenas[slot] = (recv_handle(self.control), numbers[0])
            self.answer(operation, slot, 0)
        elif operation == wire.DROP:
            os.close(self.arenas.pop(slot)[0])
            self.answer(operation, slot, 0)
        elif operation == wire.FORK:
            self.fork(slot, numbers)
        elif operation == wire.KILL:
            self.answer(operation, slot, self.kill(slot, numbers[0]))
        return bool(operation != wire.QUIT)

    def fork(self, slot: int, numbers: list[int]) -> None:
        """Fork a cell for one extractor, with descriptors that only it holds."""
        requests, replies, board = (recv_handle(self.control) for _ in range(3))
        arena, size = self.arenas[numbers[0]]
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            self._become_cell(parent, (requests, replies, board), (arena, size), numbers)
        for descriptor in (requests, replies, board):
            os.close(descriptor)
        self.cells[slot] = child
        self.answer(wire.FORK, slot, child)

    def _become_cell(
        self, parent: int, pipes: tuple[int, int, int], arena: tuple[int, int], numbers: list[int]
    ) -> NoReturn:
        from scafe.sandbox.pool import cell
        from scafe.sandbox.pool.regions.seat import LocatorCell
        from scafe.sandbox.pool.together.seat import SharedCell

        try:
            jail.die_with_parent(parent)
            os.setsid()
            orders = cell.Orders(
                *pipes,
                *arena,
                talkative=bool(numbers[1] & wire.TALKATIVE),
                address_bytes=numbers[2],
                cpu_seconds=numbers[3],
                perturb=numbers[1] >> wire.PERTURB_SHIFT,
                fingerprint=self.fingerprint,
            )
            alone = LocatorCell if numbers[1] & wire.LOCATES else cell.Cell
            cell.run(orders, SharedCell if numbers[1] & wire.SHARED else alone)
        finally:
            os._exit(70)

    def kill(self, slot: int, patience_ms: int) -> int:
        """End a cell and return its wait status; one that is ending by itself keeps its own."""
        child = self.cells.pop(slot, 0)
        if not child:
            return 0
        for _ in range(patience_ms):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status
            time.sleep(0.001)
        os.kill(child, signal.SIGKILL)
        return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    main(sys.argv[1:])
