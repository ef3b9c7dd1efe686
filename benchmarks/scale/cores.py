"""What a second core brings: `python -m benchmarks.scale.cores --images 240`.

Predicts photographs with a bundle on one core (`--workers 1`, the command and all its processes held to that
core) and on two (`--workers 2`), in turn: one, two, one. A few photographs are predicted first each time, and
their time is taken off, so that what is compared is decoding and extraction without the start of the
processes. The second run on one core against the first is the control (A/A). Wall times: the machine must be
idle, and the load is printed beside them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.scale.memory import SIZE, SOURCE, make

BUNDLE = Path(__file__).parents[2] / "runs" / "reference" / "builtin" / "frozen"
SCAFE = str(Path(sys.executable).with_name("scafe"))
FEW = 8


def seconds(command: Sequence[str], cores: Sequence[int]) -> float:
    """Return the wall time of a command that is held to some cores."""
    kept = os.sched_getaffinity(0)
    began = time.monotonic()
    try:
        os.sched_setaffinity(0, cores)
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    finally:
        os.sched_setaffinity(0, kept)
    return time.monotonic() - began


def extraction_seconds(few: Path, all_of_them: Path, workers: int) -> float:
    """Return what all photographs take beyond a few of them, on as many cores as there are workers."""
    cores = sorted(os.sched_getaffinity(0))[:workers]
    some, every = (
        seconds(
            [SCAFE, "predict", str(BUNDLE), "--data", str(one), "--workers", str(workers), "--quiet"], cores
        )
        for one in (few, all_of_them)
    )
    return every - some


def main() -> None:
    """Print one line a round, and the median."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=240)
    parser.add_argument("--size", default=SIZE)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder of ham10000")
    asked = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("one core is all there is here: nothing to compare")
    with tempfile.TemporaryDirectory() as folder:
        few, every = (
            make(asked.source, Path(folder), count, asked.size, masks=True) for count in (FEW, asked.images)
        )
        ratios = [_round(few, every) for _ in range(asked.rounds)]
    print(f"median of {len(ratios)}: {median(ratios):.2f}")


def _round(few: Path, every: Path) -> float:
    first, two, again = (extraction_seconds(few, every, workers) for workers in (1, 2, 1))
    ratio, control = 2 * two / (first + again), again / first
    load = os.getloadavg()[0]
    print(
        f"1 core {first:.1f} s, 2 cores {two:.1f} s: {ratio:.2f} (A/A {control:.2f}), load {load:.1f}",
        flush=True,
    )
    return ratio


if __name__ == "__main__":
    main()
