"""The system-call filter as a small program for the kernel: what a worker may ask for.

What it does *not* do: look behind pointers (a path, a buffer); that is why opening anything is
denied outright.
"""

import errno
import struct
from typing import Final

from scafe.sandbox.system.syscalls import AUDIT_ARCH, BY_MACHINE

ALLOWED: Final = tuple(
    """read write readv writev close lseek fstat mmap munmap mremap madvise brk mprotect
        rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack futex set_robust_list rseq sched_yield
        sched_getaffinity getcpu clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday
        time getrusage getpid gettid getppid getuid geteuid getgid getegid poll ppoll exit
        exit_group restart_syscall getrandom""".split()
)
"""What twelve warmed extractors and the interpreter needed under strace (only `brk` and the memory
calls), plus clocks, signals and exits."""

REFUSED_QUIETLY: Final = tuple(
    """open openat openat2 access faccessat faccessat2 readlink readlinkat stat lstat newfstatat
        statx statfs fstatfs getdents getdents64 getcwd chdir ioctl fcntl mlock munlock
        sched_setaffinity sched_getparam sched_getscheduler set_mempolicy get_mempolicy mbind clone
        fork vfork prctl prlimit64 setrlimit getrlimit dup dup2 dup3 pipe pipe2 socket unlink
        unlinkat mkdir mkdirat rename renameat2 membarrier sysinfo uname get_robust_list getpgrp
        getpgid chmod umask""".split()
)
"""What libraries try and can do without: EPERM. Everything not named anywhere kills the process."""

RET_ALLOW, RET_ERRNO, RET_KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_AT, ARCH_AT, THIRD_ARGUMENT_AT = 0, 4, 32
X32_BIT = 0x40000000
PROT_EXEC = 4

Instruction = tuple[int, int, int, int]
"""(code, jump if true, jump if false, constant) as the kernel's struct sock_filter has it."""


def filter_program(machine: str) -> bytes:
    """Assemble the filter for one machine.

    Parameters
    ----------
    machine : str
        As `platform.machine()` says it: 'x86_64' or 'aarch64'.

    Raises
    ------
    KeyError
        If there is no table for this machine.
    """
    numbers, arch = BY_MACHINE[machine], AUDIT_ARCH[machine]
    refuse: Instruction = (RETURN, 0, 0, RET_ERRNO | errno.EPERM)
    program: list[Instruction] = [
        (LOAD, 0, 0, ARCH_AT),
        (JUMP_EQUAL, 1, 0, arch),
        (RETURN, 0, 0, RET_KILL_PROCESS),
        (LOAD, 0, 0, NUMBER_AT),
        (JUMP_AT_LEAST, 0, 1, X32_BIT),
        (RETURN, 0, 0, RET_KILL_PROCESS),
    ]
    for name in ("mmap", "mprotect"):  # no new executable pages
        program += [
            (JUMP_EQUAL, 0, 4, numbers[name]),
            (LOAD, 0, 0, THIRD_ARGUMENT_AT),
            (JUMP_BITS, 0, 1, PROT_EXEC),
            refuse,
            (RETURN, 0, 0, RET_ALLOW),
        ]
    # glibc falls back from clone3 to clone only on ENOSYS
    program += _answer([numbers["clone3"]], (RETURN, 0, 0, RET_ERRNO | errno.ENOSYS))
    program += _answer(_numbers(numbers, ALLOWED), (RETURN, 0, 0, RET_ALLOW))
    program += _answer(_numbers(numbers, REFUSED_QUIETLY), refuse)
    program.append((RETURN, 0, 0, RET_KILL_PROCESS))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def _numbers(table: dict[str, int], names: tuple[str, ...]) -> list[int]:
    return [table[name] for name in names if name in table and name not in ("mmap", "mprotect")]


def _answer(numbers: list[int], answer: Instruction) -> list[Instruction]:
    return [step for number in numbers for step in ((JUMP_EQUAL, 0, 1, number), answer)]
