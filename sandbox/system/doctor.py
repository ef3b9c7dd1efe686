"""What this host's walls are made of: each layer tried in a process of its own, and the tier.

What it does *not* do: promise. It shows which layers act on this kernel today; `selfattack` shows
the same again in every cell before it serves.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.system import jail, selfattack

Tier = Literal["A", "A-", "B", "C"]
PROBE_SECONDS = 60
OTHERS: Final = "language policy, separate process, time limit"


class LayerReport(BaseModel):
    """One layer, as a line of `scafe doctor` shows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    state: jail.State = Field(description="active, unavailable, or failed: a self-attack went through it")
    detail: str = Field(description="version, errno, or the attack that went through")

    def __str__(self) -> str:
        """Say it in one line."""
        said = f" ({self.detail})" if self.detail else ""
        return f"{self.name}: {'failed self-attack' if self.state == 'failed' else self.state}{said}"


class SandboxReport(BaseModel):
    """The walls of one host under one backend; goes into every manifest and on the report's first page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: str
    tier: Tier
    layers: tuple[LayerReport, ...]
    allow_weaker: bool = Field(default=False, description="a person let a host below tier B run anyway")
    kernel: str

    @property
    def is_strong_enough(self) -> bool:
        """Whether generated code may run here without a person's word."""
        return self.tier != "C"

    def layer(self, name: str) -> LayerReport:
        """Return one layer by name."""
        return next(layer for layer in self.layers if layer.name == name)

    def lines(self) -> tuple[str, ...]:
        """One line per layer, then the tier; for `scafe doctor`."""
        weaker = ", let through by --allow-weaker-sandbox" if self.allow_weaker else ""
        return (*map(str, self.layers), f"tier {self.tier} ({self.backend}){weaker}")

    def refusal(self) -> str:
        """Why this host is refused, and the way out."""
        held = [layer.name for layer in self.layers if layer.state == "active"]
        missing = [str(layer) for layer in self.layers if layer.state != "active"]
        return (
            "This host cannot stop generated code from reading files or using the network. "
            f"Layers active: {', '.join([OTHERS, *held])}. Not active: {', '.join(missing)}. Refusing. "
            "Use Linux, --sandbox docker, or pass --allow-weaker-sandbox "
            "(recorded in the manifest and on the report's first page)."
        )


@cache
def inspect_host(prefix: tuple[str, ...] = (), backend: str = "local") -> SandboxReport:
    """Try every layer in a throw-away process and judge the host.

    Parameters
    ----------
    prefix : tuple of str
        Command that starts a process under the backend, e.g. bwrap with its options.

    Raises
    ------
    SandboxError
        If the throw-away process itself cannot run.
    """
    command = [*prefix, sys.executable, "-P", "-s", "-m", "scafe.sandbox.system.doctor"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=PROBE_SECONDS,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            check=False,
        )
        found = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        raise SandboxError(f"the host could not be inspected: {type(error).__name__}: {error}") from None
    layers = tuple(LayerReport.model_validate(layer) for layer in found)
    return SandboxReport(backend=backend, tier=tier_of(layers), layers=layers, kernel=platform.release())


def tier_of(layers: Sequence[LayerReport]) -> Tier:
    """Judge layers: A all, A- without namespaces, B without Landlock, C otherwise.

    Examples
    --------
    >>> held = [LayerReport(name=n, state="active", detail="") for n in ("seccomp", "rlimits", "landlock")]
    >>> tier_of(held)
    'A-'
    """
    active = {layer.name for layer in layers if layer.state == "active"}
    if not {"seccomp", "rlimits"} <= active or any(layer.state == "failed" for layer in layers):
        return "C"
    if "landlock" not in active:
        return "B"
    return "A" if "namespaces" in active else "A-"


def _seccomp() -> jail.Layer:
    jail.no_new_privileges()
    return _attacked(jail.seccomp(), set(selfattack.ATTACKS))


def _landlock() -> jail.Layer:
    jail.no_new_privileges()
    return _attacked(jail.landlock(), {"open a file", "list a folder"})


def _namespaces() -> jail.Layer:
    layer = jail.namespaces()
    if not layer.is_active:
        return layer
    child = os.fork()
    if child == 0:  # the first process of the new pid namespace may mount
        rooted = jail.empty_root()
        os._exit(0 if rooted.is_active and not selfattack.attack() & 3 else 1)
    if os.waitpid(child, 0)[1]:
        return jail.Layer("namespaces", "failed", "the file system stayed visible")
    return layer


def _limits() -> jail.Layer:
    layer = jail.limits(1 << 28, 60)
    try:
        bytearray(1 << 30)
    except MemoryError:
        return layer
    return jail.Layer("rlimits", "failed", "a gibibyte could be had")


def _attacked(layer: jail.Layer, must_fail: set[str]) -> jail.Layer:
    through = set(selfattack.breaches(selfattack.attack())) & must_fail if layer.is_active else set()
    return jail.Layer(layer.name, "failed", ", ".join(sorted(through))) if through else layer


PROBES: Final[tuple[tuple[str, Callable[[], jail.Layer]], ...]] = (
    ("seccomp", _seccomp),
    ("landlock", _landlock),
    ("namespaces", _namespaces),
    ("rlimits", _limits),
)


def _in_a_child(name: str, probe: Callable[[], jail.Layer]) -> dict[str, str]:
    inner, outer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            layer = probe()
            os.write(outer, json.dumps([layer.name, layer.state, layer.detail]).encode())
        finally:
            os._exit(0)
    os.close(outer)
    said = os.read(inner, 4096)
    _, status = os.waitpid(child, 0)
    os.close(inner)
    name, state, detail = (
        json.loads(said) if said else (name, "failed", f"the probe ended with status {status}")
    )
    return {"name": name, "state": state, "detail": detail}


if __name__ == "__main__":
    sys.stdout.write(json.dumps([_in_a_child(name, probe) for name, probe in PROBES]))
