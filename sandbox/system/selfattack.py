"""Attacks that a worker tries on its own wall before it serves: each must fail.

What they do *not* prove: that every other attack fails. They show that the layers which claim to be
active act at all, on this kernel, in this process.
"""

import ctypes
import mmap
import os
from collections.abc import Callable
from typing import Final

AF_INET, SOCK_DGRAM = 2, 2
TARGET = "/etc/passwd"


def _opens_a_file() -> bool:
    os.close(os.open(TARGET, os.O_RDONLY))
    return True


def _lists_a_folder() -> bool:
    return bool(os.listdir("/etc"))


def _makes_a_socket() -> bool:
    descriptor = ctypes.CDLL(None).socket(AF_INET, SOCK_DGRAM, 0)
    if descriptor >= 0:
        os.close(descriptor)
    return bool(descriptor >= 0)


def _forks() -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def _maps_executable_memory() -> bool:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    return True


ATTACKS: Final[dict[str, Callable[[], bool]]] = {
    "open a file": _opens_a_file,
    "list a folder": _lists_a_folder,
    "make a socket": _makes_a_socket,
    "start a process": _forks,
    "map executable memory": _maps_executable_memory,
}
"""Name -> attack; True, if it went through. The order is part of the reply format."""


def attack() -> int:
    """Try every attack.

    Returns
    -------
    int
        One bit per attack that went through, in the order of `ATTACKS`; 0 is the good answer.
    """
    return sum(1 << bit for bit, one in enumerate(ATTACKS.values()) if _went_through(one))


def _went_through(one: Callable[[], bool]) -> bool:
    try:
        return one()
    except OSError:
        return False


def breaches(bits: int) -> tuple[str, ...]:
    """Name the attacks behind the bits."""
    return tuple(name for bit, name in enumerate(ATTACKS) if bits & (1 << bit))
