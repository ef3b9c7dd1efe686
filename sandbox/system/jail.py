"""The operating-system wall: rlimits, seccomp, Landlock and namespaces by ctypes, nothing compiled.

What is *not* covered: a bug in the kernel itself, timing and cache side channels, what a process
does to its own memory and its own reply, macOS and Windows (no layer holds there), and Landlock's
network rules know TCP only (UDP, Unix sockets and the rest are seccomp's work). Nothing that was
open before the jail closes is covered either: the caller closes every descriptor first.
"""

import contextlib
import ctypes
import errno
import os
import platform
import resource
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from scafe.sandbox.system.seccomp import filter_program
from scafe.sandbox.system.syscalls import BY_MACHINE

State = Literal["active", "unavailable", "failed"]
"""active: in force · unavailable: the host does not offer it · failed: in force, but a self-attack
went through."""

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
SECCOMP_SET_MODE_FILTER, FILTER_FLAG_TSYNC, FILTER_FLAG_SPEC_ALLOW = 1, 1, 4
LANDLOCK_CREATE_RULESET_VERSION = 1
NAMESPACES: Final = {
    "user": 0x10000000,
    "mount": 0x00020000,
    "network": 0x40000000,
    "pid": 0x20000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "cgroup": 0x02000000,
}
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE, MNT_DETACH = 2, 4, 8, 0x4000, 0x40000, 2
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_PERTURB = -1, -3, -6
NOBODY = 65534


@dataclass(frozen=True)
class Layer:
    """One layer of the wall, as found on this host."""

    name: str
    state: State
    detail: str
    """Version or errno, for a person."""

    @property
    def is_active(self) -> bool:
        """Whether the layer holds."""
        return self.state == "active"


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _errno() -> str:
    return errno.errorcode.get(ctypes.get_errno(), str(ctypes.get_errno()))


def _number(name: str) -> int | None:
    return BY_MACHINE.get(platform.machine(), {}).get(name)


def _syscall(name: str, *arguments: object) -> int:
    number = _number(name)
    if number is None or platform.system() != "Linux":
        ctypes.set_errno(errno.ENOSYS)
        return -1
    return int(_libc().syscall(number, *arguments))


def _prctl(option: int, value: int) -> bool:
    return platform.system() == "Linux" and _libc().prctl(option, value, 0, 0, 0) == 0


def die_with_parent(parent: int) -> None:
    """Ask for SIGKILL when the parent dies, and end now if it already has."""
    _prctl(PR_SET_PDEATHSIG, 9)
    if os.getppid() != parent:
        os._exit(0)


def hide_from_neighbours() -> None:
    """Forbid others of the same user to trace this process or read its memory."""
    _prctl(PR_SET_DUMPABLE, 0)


def no_new_privileges() -> Layer:
    """Set no_new_privs: no program gains rights, and seccomp needs no root."""
    done = _prctl(PR_SET_NO_NEW_PRIVS, 1)
    return Layer("no_new_privs", "active", "") if done else Layer("no_new_privs", "unavailable", _errno())


def limits(address_bytes: int, cpu_seconds: int) -> Layer:
    """Set rlimits that cannot be raised again.

    Parameters
    ----------
    address_bytes : int
        Most address space beyond what the process has now.
    cpu_seconds : int
        CPU time of the whole process, a backstop behind the host's clock.
    """
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_NOFILE": 16,
        "RLIMIT_NPROC": 0,
        "RLIMIT_CPU": cpu_seconds,
        "RLIMIT_AS": _address_space() + address_bytes,
    }
    refused = [name for name, value in wanted.items() if not _limit(name, value)]
    detail = "refused: " + ", ".join(refused) if refused else ""
    return Layer("rlimits", "unavailable" if "RLIMIT_AS" in refused else "active", detail)


def _limit(name: str, value: int) -> bool:
    number = getattr(resource, name, None)
    if number is None:
        return True  # the host does not know this limit
    try:
        resource.setrlimit(number, (value, value))
    except (ValueError, OSError):
        return False
    return True


def _address_space() -> int:
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return _BASELINE[0]


_BASELINE = [1 << 30]


def remember_address_space() -> None:
    """Measure the address space while /proc is still there; forked children start from it."""
    _BASELINE[0] = _address_space()


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def seccomp(program: bytes | None = None) -> Layer:
    """Load the system-call filter into every thread of this process."""
    try:
        code = program or filter_program(platform.machine())
    except KeyError:
        return Layer("seccomp", "unavailable", f"no table for {platform.machine()}")
    memory = ctypes.create_string_buffer(code)
    handle = _Program(len(code) // 8, ctypes.cast(memory, ctypes.c_void_p))
    flags = FILTER_FLAG_TSYNC | (FILTER_FLAG_SPEC_ALLOW if _slow_speculation() else 0)
    if _syscall("seccomp", SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(handle)) != 0:
        return Layer("seccomp", "unavailable", _errno())
    return Layer("seccomp", "active", f"{len(code) // 8} instructions")


def _slow_speculation() -> bool:
    # kernels before 5.16 switch speculation off for filtered tasks, which slows plain arithmetic
    numbers = platform.release().split(".")[:2]
    return all(part.isdigit() for part in numbers) and tuple(map(int, numbers)) < (5, 16)


def landlock() -> Layer:
    """Deny every file, and TCP, signals and abstract sockets where the kernel knows how."""
    version = _syscall("landlock_create_ruleset", None, ctypes.c_size_t(0), LANDLOCK_CREATE_RULESET_VERSION)
    if version < 0:
        return Layer("landlock", "unavailable", _errno())
    attributes = _landlock_attributes(version)
    ruleset = _syscall("landlock_create_ruleset", attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return Layer("landlock", "unavailable", _errno())
    done = _syscall("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)
    return Layer("landlock", "active" if done == 0 else "unavailable", f"ABI {version}")


def _landlock_attributes(version: int) -> bytes:
    files = (1 << 13) - 1  # execute, write, read, … of ABI 1
    files |= sum(1 << bit for bit, since in ((13, 2), (14, 3), (15, 5)) if version >= since)
    network = 3 if version >= 4 else 0  # bind and connect TCP
    scope = 3 if version >= 6 else 0  # abstract Unix sockets and signals
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    return struct.pack("QQQ", files, network, scope)[:size]


def namespaces(names: Sequence[str] = tuple(NAMESPACES)) -> Layer:
    """Leave the host's namespaces; must run before any thread exists, hence before numpy.

    A new pid namespace holds for children only: the caller forks afterwards.
    """
    if platform.system() != "Linux":
        return Layer("namespaces", "unavailable", "not Linux")
    # half a success (left, but not mapped) cannot be undone: a child tries it first
    child = os.fork()
    if child == 0:
        os._exit(0 if _leave(names) is None else 1)
    if os.waitpid(child, 0)[1]:
        return Layer("namespaces", "unavailable", _leave_in_words(names))
    failure = _leave(names)
    return Layer("namespaces", "failed" if failure else "active", failure or ", ".join(names))


def _leave(names: Sequence[str]) -> str | None:
    """Leave the namespaces and map the user; say what failed, if anything did."""
    user, group = os.getuid(), os.getgid()
    if _libc().unshare(sum(NAMESPACES[name] for name in names)) != 0:
        return f"unshare: {_errno()}"
    maps = {"setgroups": "deny", "uid_map": f"{NOBODY} {user} 1", "gid_map": f"{NOBODY} {group} 1"}
    for file, text in maps.items():
        try:
            with open(f"/proc/self/{file}", "w") as handle:
                handle.write(text)
        except OSError as error:
            return f"{file}: {errno.errorcode.get(error.errno or 0, '?')}"
    return None


def _leave_in_words(names: Sequence[str]) -> str:
    """Have a child say why the namespaces cannot be left."""
    inner, outer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(outer, (_leave(names) or "").encode())
        os._exit(0)
    os.close(outer)
    words = os.read(inner, 200).decode()
    os.close(inner)
    os.waitpid(child, 0)
    return words


def empty_root() -> Layer:
    """Move into an empty, tiny file system; needs the mount namespace, after the last import."""
    libc = _libc()
    steps: tuple[Callable[[], int], ...] = (
        lambda: libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None),
        lambda: libc.mount(
            b"tmpfs", b"/tmp", b"tmpfs", ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOEXEC), b"size=4k,mode=555"
        ),
        lambda: libc.chdir(b"/tmp"),
        lambda: _syscall("pivot_root", b".", b"."),
        lambda: libc.umount2(b".", MNT_DETACH),
        lambda: libc.chdir(b"/"),
    )
    for step in steps:
        if step() != 0:
            return Layer("empty root", "unavailable", _errno())
    return Layer("empty root", "active", "")


def drop_root() -> None:
    """Become nobody where the process is really root (no user namespace could be had)."""
    if os.getuid() == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)


def close_descriptors(keep: Sequence[int]) -> None:
    """Close every descriptor but those named; an open one outlives every other layer."""
    low = 0
    for descriptor in sorted(keep):
        if low < descriptor:  # CPython's closerange(0, 0) closes everything (it asks for 0 to 2**32 - 1)
            os.closerange(low, descriptor)
        low = descriptor + 1
    if _syscall("close_range", low, 0x7FFFFFFF, 0) != 0:
        os.closerange(low, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def perturb_memory(byte: int) -> None:
    """Fill freshly allocated memory with a byte pattern, so that reading it uninitialised shows."""
    if byte and platform.system() == "Linux":
        _libc().mallopt(M_PERTURB, byte)


def keep_freed_memory(most: int = 1 << 30) -> None:
    """Let the allocator keep what an image has freed for the next image: up to `most` bytes for each thread.

    Left alone, it gave every array above some 100 kB back: 1,100 page faults an image of 384 pixels, and 1.4
    times the time of the same extractor in a process whose allocator had met larger arrays before.
    """
    if platform.system() == "Linux":
        _libc().mallopt(M_MMAP_THRESHOLD, 32 << 20)  # the most that glibc takes
        _libc().mallopt(M_TRIM_THRESHOLD, most)


def enter(address_bytes: int, cpu_seconds: int, *, weaker: bool = False) -> tuple[Layer, ...]:
    """Close the wall around this process, from the inside and for good.

    Returns
    -------
    tuple of Layer
        no_new_privs, rlimits, landlock, seccomp in that order.
    """
    hide_from_neighbours()
    os.environ.clear()
    drop_root()
    return (limits(address_bytes, cpu_seconds), no_new_privileges(), landlock(), seccomp())
