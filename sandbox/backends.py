"""Stronger places to run the same sandbox process in: `--sandbox local|bwrap|docker|gvisor`.

What they do *not* do: replace the walls inside. The process behind a backend closes the same jail.
"""

import shutil
from typing import Final

from scafe.knowledge.errors import SandboxError

BACKENDS: Final = ("local", "bwrap", "docker", "gvisor")
HOW_TO_GET: Final = {
    "bwrap": "install bubblewrap (Debian: apt-get install bubblewrap)",
    "docker": "install Docker or Podman with a docker command, and start its daemon",
    "gvisor": "install runsc (https://gvisor.dev/docs/user_guide/install/)",
}
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
    """Command in front of the sandbox process, for backends that pass descriptors through."""
    program = program_of(backend)
    if backend == "local":
        return ()
    if backend != "bwrap":
        raise SandboxError(f"--sandbox {backend} passes no descriptors; it is reached through `remote`")
    kept = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    return (program, *kept, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--")
