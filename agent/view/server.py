"""The one file of the viewer that opens a socket: on 127.0.0.1, for who holds the token."""

import contextlib
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from scafe.agent.view.app import build_app
from scafe.agent.view.guard import Access
from scafe.agent.view.reading.shelf import Shelf
from scafe.agent.view.rendering import warm_up
from scafe.agent.view.resuming import Resumes
from scafe.agent.view.stage import Stage
from scafe.knowledge.contract.errors import InputError

LOOPBACK = "127.0.0.1"
SWITCH_S = 0.0005
"""A thread that reads a long trace gives way so often. At Python's 5 ms a page waits as long at each of its
system calls: .9 s for a page of 4 ms, while 2,000 files were read beside it."""


@dataclass(frozen=True)
class Door:
    """A socket that listens, and who may come in."""

    listening: socket.socket
    access: Access

    @property
    def address(self) -> str:
        """What a person opens; holds the token."""
        return f"http://{LOOPBACK}:{self.access.port}/?token={self.access.token}"


def open_door(port: int = 0, extra_hosts: tuple[str, ...] = ()) -> Door:
    """Listen on 127.0.0.1; port 0 takes a free one.

    Raises
    ------
    InputError
        The port is taken, or may not be used.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen(128)  # who opens the printed address at once waits, and is not refused
    except OSError as error:
        listening.close()
        raise InputError(
            f"port {port} of {LOOPBACK} cannot be used ({error.strerror}); leave --port away"
        ) from None
    return Door(listening, Access(listening.getsockname()[1], extra_hosts))


def serve(
    door: Door,
    shelf: Shelf,
    on_ready: Callable[[], None] = lambda: None,
    signers: Path | None = None,
) -> None:
    """Serve until Ctrl-C; `signers` is a file of allowed signers of runs."""
    resumes, stage = Resumes(), Stage()
    config = uvicorn.Config(
        build_app(shelf, door.access, resumes, stage, signers),
        log_level="warning",
        access_log=False,  # its lines would hold the token
        server_header=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=1,  # a live page keeps its connection
    )
    server = uvicorn.Server(config)
    sys.setswitchinterval(SWITCH_S)
    shelf.begin()
    warm_up()
    on_ready()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[door.listening])
    finally:
        resumes.close()
        stage.close()
