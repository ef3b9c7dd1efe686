"""How long until the first draft is asked for? Run with `python -m benchmarks.scale.opening --images 2000`.

Between the start of a run and its event `bench_opened` every image is read, hashed, looked over and split.
The time of few images is taken off, so that what starts a process does not count. Beside it: one pass of
decoding the same files (Pillow, two processes), likewise. Each round measures opening, decoding, opening,
decoding; the second of each against the first is the control. Without `--masks` a locator's time counts too.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.scale.many_images import SCAFE
from benchmarks.scale.memory import LABELS, SIZE, SOURCE, make

FEW = 100
PROCESSES = 2
PATIENCE = 1800


def opening_seconds(table: Path, runs: Path) -> float:
    """Start a run, end it as soon as its data are open, and return how long that took by its trace."""
    shutil.rmtree(runs, ignore_errors=True)
    words = [
        "run",
        "dermoscopy.abcd",
        "--data",
        str(table),
        "--labels",
        ",".join(LABELS),
        "--approve",
        "auto",
    ]
    words += ["--max-calls", "1", "--workers", str(PROCESSES), "--out", str(runs)]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([SCAFE, *words], **silent) as process:  # type: ignore[call-overload]
        times = _times(runs, time.monotonic() + PATIENCE)
        process.kill()
    return (times["bench_opened"] - times["run_started"]).total_seconds()


def _times(runs: Path, until: float) -> dict[str, datetime]:
    while time.monotonic() < until:
        lines = [line for path in runs.glob("*/events.jsonl") for line in path.read_text().splitlines(True)]
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        times = {one["kind"]: datetime.fromisoformat(one["ts"]) for one in events}
        if "bench_opened" in times:
            return times
        time.sleep(0.05)
    raise SystemExit(f"{runs}: no event bench_opened within {PATIENCE} s")


def decoding_seconds(table: Path) -> float:
    """Decode every image once, in two processes, and return how long that took without their start."""
    paths = [str(table.parent / line.split(",")[0]) for line in table.read_text().splitlines()[1:]]
    with ProcessPoolExecutor(PROCESSES) as pool:
        list(pool.map(_decode, paths[:PROCESSES]))
        begun = time.monotonic()
        list(pool.map(_decode, paths, chunksize=32))
        return time.monotonic() - begun


def _decode(path: str) -> int:
    return np.asarray(Image.open(path).convert("RGB")).size


def main() -> None:
    """Print what an image more costs in milliseconds, of both, and the ratio with its control."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--size", default=SIZE, help="of each image, WIDTHxHEIGHT")
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder with a manifest.csv")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/scafe-photographs"))
    parser.add_argument("--masks", action="store_true")
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    folder = asked.folder / asked.size
    few, many = (make(asked.source, folder, n, asked.size, masks=asked.masks) for n in (FEW, asked.images))
    found: dict[str, list[float]] = {"opening": [], "decoding": []}
    for _ in range(2 * asked.rounds):
        found["opening"].append(
            opening_seconds(many, folder / "opened") - opening_seconds(few, folder / "opened")
        )
        found["decoding"].append(decoding_seconds(many) - decoding_seconds(few))
    each = {what: [1000 * one / (asked.images - FEW) for one in some] for what, some in found.items()}
    for what, some in each.items():
        control = [later / first for first, later in zip(some[::2], some[1::2], strict=True)]
        told = f"A/A {min(control):.2f} to {max(control):.2f}"
        print(f"{what:9s} {statistics.median(some):.2f} ms an image ({told})")
    ratio = statistics.median(each["opening"]) / statistics.median(each["decoding"])
    print(f"opening is {ratio:.2f} times decoding; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
