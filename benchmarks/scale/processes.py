"""Where a command's CPU time goes, process by process: `python -m benchmarks.scale.processes demo --seed 1`.

Runs `scafe` with the words that are given and looks at /proc ten times a second. Cells live for some
milliseconds: they are counted to the sandbox process that forks and reaps them. What a process does after the
last look is missing, a tenth of a second at most.
"""

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scale.memory import process_tree

TICK = 0.1
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
WORKER = "scafe.sandbox.pool.worker"


@dataclass(frozen=True)
class Spent:
    """CPU seconds of one process."""

    own: float
    reaped: float
    """Of children that it has waited for."""
    parent: int


def spent(command: Sequence[str]) -> dict[str, float]:
    """Run a command; return the CPU seconds of each kind of process, most first."""
    known: dict[int, tuple[str, Spent]] = {}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            known |= {pid: found for pid in process_tree(process.pid) if (found := _look(pid)) is not None}
            time.sleep(TICK)
    total: dict[str, float] = defaultdict(float)
    for name, one in known.values():
        if name != WORKER:
            total[name] += one.own
        elif (kind := _kind_of_worker(one, known)) != "cell":
            total[kind] += one.own
            total["cells"] += one.reaped if kind == "sandbox" else 0
    return dict(sorted(total.items(), key=lambda part: -part[1]))


def _kind_of_worker(one: Spent, known: dict[int, tuple[str, Spent]]) -> str:
    """Tell a guardian from the zygote that it forked and from the cells that this one forks."""
    name, parent = known.get(one.parent, ("", one))
    if name != WORKER:
        return "guardian"
    return "cell" if known.get(parent.parent, ("",))[0] == WORKER else "sandbox"


def _look(pid: int) -> tuple[str, Spent] | None:
    """Return the name of a process and what it has spent; None if it is gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    if not any(words):
        return None  # it has ended and waits to be reaped: it has no name any more
    user, system, reaped_user, reaped_system = (int(one) / TICKS_PER_SECOND for one in fields[11:15])
    name = next((word for word in words if word.startswith("scafe.")), "scafe")
    return name, Spent(user + system, reaped_user + reaped_system, int(fields[1]))


def main() -> None:
    """Print a line for each kind of process."""
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        raise SystemExit(__doc__)
    found = spent([str(Path(sys.executable).with_name("scafe")), *sys.argv[1:]])
    whole = sum(found.values())
    for name, seconds in found.items():
        print(f"{name:40s} {seconds:7.1f} s  {seconds / whole:4.0%}")
    print(f"{'all':40s} {whole:7.1f} s  load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
