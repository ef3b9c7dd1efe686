"""A Dask scheduler with two workers in processes of their own, behind a wire that is listened to."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Wire:
    """Passes bytes on to a port, both ways, and keeps them."""

    target: int
    heard: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._ends: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                self.heard += data
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for end in (self._server, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@dataclass
class Site:
    """A scheduler, its workers, and what passed between it and all others."""

    address: str
    workers: list[subprocess.Popen[bytes]]
    wire: Wire
    scheduler: subprocess.Popen[bytes]

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
        self.wire.close()

    def kill_one(self) -> None:
        os.kill(self.workers[0].pid, signal.SIGKILL)
        self.workers[0].wait()


def start(folder: Path) -> Site:
    """Start a scheduler and two workers that write below `folder`; stop them with `Site.close`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "DASK_DISTRIBUTED__COMM__COMPRESSION": "False"}
    words = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"]
    scheduler = _started("scheduler", words, folder, environment)
    _wait_for(port)
    wire = Wire(port)
    address = f"tcp://127.0.0.1:{wire.port}"
    options = [address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(folder)]
    workers = [_started("worker", options, folder, environment) for _ in range(2)]
    return Site(address, workers, wire, scheduler)


def _started(
    command: str, words: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{command}", *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )


def _wait_for(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("the scheduler did not start")
