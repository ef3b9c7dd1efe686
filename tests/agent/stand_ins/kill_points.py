"""Kill runs with stand-ins at given events and take them up again; prints one JSON line per point.

Run as a process of its own: it forks, so it must hold no threads. `python kill_points.py ROOT POINT…`,
where a point is an event number, with `-BYTES` after it for a kill in the middle of that write; `everyN`
stands for every N-th event. `KILL_DRAFTER=broken` in the environment breaks the drafter's replies,
`locating` has it draft locators.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from locating_stand_ins import LocatingBench, LocatingDrafter
from loop_stand_ins import BrokenDrafter, FaultyDrafter, StandInBench, fingerprint

from scafe.agent.loop.run import RunConfig, resume_run, start_run
from scafe.agent.record.outcome import RunOutcome

KINDS = {"broken": (BrokenDrafter, StandInBench), "locating": (LocatingDrafter, LocatingBench)}
DRAFTER, BENCH = KINDS.get(os.environ.get("KILL_DRAFTER", ""), (FaultyDrafter, StandInBench))


class Killer:
    """Kills its own process after the k-th event of this sitting."""

    def __init__(self, root: Path, kill_at: int, torn: int) -> None:
        self.root, self.kill_at, self.torn = root, kill_at, torn
        self.written = 0

    def __call__(self, line: dict[str, Any]) -> None:
        self.written += 1
        if self.written == self.kill_at:
            path = next((self.root / "runs").glob("*/events.jsonl"))
            with path.open("r+b") as file:
                file.truncate(path.stat().st_size - self.torn)
            os.kill(os.getpid(), signal.SIGKILL)


def start(root: Path, kill_at: int = 0, torn: int = 0) -> RunOutcome:
    config = RunConfig(pack="scar.vss", seed=3, approve="auto", out=str(root / "runs"), max_calls=16)
    return start_run(
        config,
        drafter=DRAFTER(root / "asked.log"),
        bench=BENCH(root / "bench"),
        listener=Killer(root, kill_at, torn),
    )


def resume(root: Path) -> RunOutcome:
    run = next((root / "runs").glob("*"))
    return resume_run(run, drafter=DRAFTER(root / "asked.log"), bench=BENCH(root / "bench"))


def in_a_fork(action: Any, *arguments: Any) -> int:
    """Return the wait status of a forked process."""
    pid = os.fork()
    if pid == 0:
        action(*arguments)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def points(whole: Path, wanted: list[str]) -> list[str]:
    """Expand `every4` to each fourth event, every other one of them with a torn line."""
    if not wanted[0].startswith("every"):
        return wanted
    step = int(wanted[0].removeprefix("every"))
    events = next(whole.glob("runs/*/events.jsonl")).read_bytes().count(b"\n")
    return [str(k) if k % (2 * step) == 1 else f"{k}-{1 + k % 90}" for k in range(1, events + 1, step)]


def main() -> None:
    root = Path(sys.argv[1])
    (root / "whole").mkdir(parents=True)
    assert in_a_fork(start, root / "whole") == 0
    print(json.dumps({"point": "whole", **fingerprint(root / "whole")}), flush=True)
    for point in points(root / "whole", sys.argv[2:]):
        number, _, torn = point.partition("-")
        folder = root / point
        folder.mkdir()
        killed = in_a_fork(start, folder, int(number), int(torn or 0))
        resumed = in_a_fork(resume, folder)
        told = {"point": point, "killed": os.WTERMSIG(killed), "resumed": resumed}
        print(json.dumps({**told, **fingerprint(folder)}), flush=True)


if __name__ == "__main__":
    main()
