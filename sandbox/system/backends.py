"""Stronger places to run the same sandbox process in: `--sandbox local|bwrap|docker|gvisor`.

What they do *not* do: replace the walls inside. The process behind a backend closes the same jail.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from scafe.knowledge.contract.errors import SandboxError

BACKENDS: Final = ("local", "bwrap", "docker", "gvisor")
HOW_TO_GET: Final = {
    "bwrap": "install bubblewrap (Debian: apt-get install bubblewrap)",
    "docker": "install Docker or Podman with a docker command, and start its daemon",
    "gvisor": "install runsc (https://gvisor.dev/docs/user_guide/install/)",
}
DEFAULT_IMAGE = "debian:12-slim"
PROGRAMS: Final = {"bwrap": "bwrap", "docker": "docker", "gvisor": "runsc"}


def program_of(backend: str) -> str:
    """Find the program behind a backend.

    Raises
    ------
    SandboxError
        If the backend is unknown or its program is not installed; says how to get it.
    """
    if backend not in BACKENDS:
        raise SandboxError(f"unknown sandbox {backend!r}; choose one of {', '.join(BACKENDS)}")
    if backend == "local":
        return ""
    found = shutil.which(PROGRAMS[backend])
    if found is None:
        raise SandboxError(
            f"--sandbox {backend} needs {PROGRAMS[backend]} on PATH, which is not there; "
            f"{HOW_TO_GET[backend]}, or leave --sandbox out"
        )
    return found


def local_prefix(backend: str) -> tuple[str, ...]:
    """Command in front of the sandbox process; empty for the local backend."""
    program = program_of(backend)
    if backend == "local":
        return ()
    if backend != "bwrap":
        return container_prefix(backend)
    kept = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    return (program, *kept, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--")


def is_remote(backend: str) -> bool:
    """Whether a backend passes bytes only, so that the whole pool runs inside (`remote`)."""
    return backend in ("docker", "gvisor")


def container_prefix(backend: str) -> tuple[str, ...]:
    """Command that runs something in a container with this very Python mounted read-only.

    The image must have the same C library as this host; `SCAFE_SANDBOX_IMAGE` names it.
    """
    program = program_of(backend)
    if backend == "gvisor":
        return (program, "--rootless", "--network=none", "--ignore-cgroups", "do", "--")
    mounts = [part for tree in _needed() for part in ("--volume", f"{tree}:{tree}:ro")]
    walls = ("--network=none", "--read-only", "--cap-drop=ALL", "--security-opt", "no-new-privileges")
    image = os.environ.get("SCAFE_SANDBOX_IMAGE", DEFAULT_IMAGE)
    return (program, "run", "--rm", "-i", *walls, "--pids-limit=64", *mounts, image)


def _needed() -> tuple[str, ...]:
    """Folders that the process inside reads: this Python, its packages, ScaFE itself."""
    from scafe.knowledge.contract import errors

    trees = {sys.base_prefix, sys.prefix, str(Path(errors.__file__).resolve().parents[2])}
    return tuple(sorted(trees))
