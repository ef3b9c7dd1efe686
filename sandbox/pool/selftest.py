"""Self-tests that a person can run on their own machine: endless loops must end, and leave nothing.

What they do *not* do: replace the attack corpus in the tests. They show the clock and the reaper.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scafe.sandbox.pool.extraction import ImageAndMask, Limits
from scafe.sandbox.pool.pool import Pool

IMAGE_SECONDS = 1.0
SLACK_SECONDS = 1.0
HEAD = (
    'CRITERION = "hang"\n'
    'FEATURES = {"a": {"unit": "ratio", "range": [0, 1], "direction": "up", "meaning": "never comes"}}\n'
)
LOOPS = {
    "python": "def extract(image, mask):\n    while True:\n        pass\n",
    "c code": "def extract(image, mask):\n    return {'a': float(sum(range(10**15)))}\n",
    "swallowing except": (
        "def extract(image, mask):\n    while True:\n        try:\n            while True:\n"
        "                pass\n        except Exception:\n            continue\n"
    ),
}
"""Three ways never to come back; alarms stop none of the last two."""

HOST = """
import sys, time
import numpy as np
from scafe.sandbox.pool.pool import ImageAndMask, Limits, Pool
with Pool(2, Limits(image_seconds=600.0), allow_weaker=True) as pool:
    print("ready", flush=True)
    image = ImageAndMask(np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), bool))
    pool.extract(sys.argv[1], [image, image])
"""


class HangRecord(BaseModel):
    """What came of a number of endless loops."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loops: int
    limit_seconds: float = Field(description="time limit per image")
    slowest_seconds: float = Field(description="longest time until a loop was ended, start-up left out")
    all_in_time: bool = Field(description="each ended within the limit + 1 s")
    all_timeouts: bool = Field(description="each came back as a timeout, nothing else")
    survivors: int = Field(description="processes of the sandbox left after closing; 0 is the good answer")
    watched: int = Field(description="processes of that host that were watched; below 4 the test is blind")
    survivors_of_kill: int = Field(
        description="processes left after kill -9 of a host in the middle of a loop"
    )

    @property
    def passed(self) -> bool:
        """Whether everything ended, in time and for good."""
        nothing_left = not self.survivors and not self.survivors_of_kill
        return self.all_in_time and self.all_timeouts and nothing_left and self.watched >= 4


def selftest_hang(loops: int = 50, *, allow_weaker: bool = False, backend: str = "local") -> HangRecord:
    """Let endless loops run into the limit, then kill a host, and count what is left.

    Parameters
    ----------
    loops : int
        How many; Python, C code and a swallowing `except` in turn.
    allow_weaker : bool
        Test a host below tier B all the same.
    backend : str
        As `Pool` takes it.

    Raises
    ------
    SandboxError
        If this host is refused.
    """
    limits = Limits(image_seconds=IMAGE_SECONDS)
    seconds, kinds = [], []
    one = ImageAndMask(np.zeros((8, 8, 3), np.uint8), np.ones((8, 8), np.bool_))
    others = _descendants(os.getpid())  # this process may have helpers of its own, which go on
    with Pool(1, limits, allow_weaker=allow_weaker, backend=backend) as pool:
        for number in range(loops):
            body = list(LOOPS.values())[number % len(LOOPS)]
            found = pool.extract(f"{HEAD}{body}# {number}\n", [one])
            seconds.append(found.seconds)
            kinds.append(found.faults[0].kind if found.faults[0] else "ran")
        family = _descendants(os.getpid()) - others
    watched, survivors_of_kill = _kill_a_host()
    return HangRecord(
        loops=loops,
        limit_seconds=IMAGE_SECONDS,
        slowest_seconds=round(max(seconds, default=0.0), 2),
        all_in_time=max(seconds, default=0.0) <= IMAGE_SECONDS + SLACK_SECONDS,
        all_timeouts=set(kinds) <= {"timeout"},
        survivors=_left_of(family),
        watched=watched,
        survivors_of_kill=survivors_of_kill,
    )


def _kill_a_host() -> tuple[int, int]:
    source = HEAD + LOOPS["swallowing except"]
    with subprocess.Popen(
        [sys.executable, "-P", "-c", HOST, source], stdout=subprocess.PIPE, text=True
    ) as host:
        if host.stdout is not None:
            host.stdout.readline()
        time.sleep(1.0)  # both cells are in their loops by now
        family = _descendants(host.pid)
        host.send_signal(signal.SIGKILL)
    return len(family), _left_of(family)


def _left_of(family: frozenset[tuple[int, str]], patience_seconds: float = 5.0) -> int:
    """Count the processes of a family that still run, once they had time to end."""
    deadline = time.monotonic() + patience_seconds
    while (left := sum(_stat(pid)[1] == began for pid, began in family)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _descendants(root: int) -> frozenset[tuple[int, str]]:
    """Process ids and starting times of all processes below one."""
    parents = {int(folder.name): _stat(int(folder.name)) for folder in Path("/proc").glob("[0-9]*")}
    family, new = set(), {root}
    while new:
        new = {pid for pid, (parent, _) in parents.items() if parent in new}
        family |= new
    return frozenset((pid, parents[pid][1]) for pid in family)


def _stat(pid: int) -> tuple[int, str]:
    """Parent and starting time of a process; (0, '') if it is gone or a zombie."""
    try:
        text = (Path("/proc") / str(pid) / "stat").read_text()
    except OSError:
        return 0, ""
    fields = text[text.rindex(")") + 2 :].split()
    return (0, "") if fields[0] == "Z" else (int(fields[1]), fields[19])
