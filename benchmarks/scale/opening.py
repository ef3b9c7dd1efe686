"""What a run does before its first draft, against one pass of decoding: `python -m benchmarks.scale.opening`.

Makes photographs by resampling (see `benchmarks.scale.memory`), decodes all of them with two processes
(read, `cv2.imdecode`, nothing else), then times `scafe run` until the bench is open: images hashed, checked,
looked through for duplicates, patients split. The run is killed there. Decoding once more is the control
(A/A); one pass before all others brings the files into memory. Wall times, of two cores: the load is printed
beside them. Start of the processes (some seconds) is part of the opening and not taken off.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from benchmarks.scale.memory import LABELS, SIZE, SOURCE, make

SCAFE = str(Path(sys.executable).with_name("scafe"))
OPENED = b'"kind": "bench_opened"'
TICK = 0.02


def decode(paths: Sequence[Path]) -> int:
    """Decode pictures; return how many bytes they hold."""
    cv2.setNumThreads(1)
    pictures = (cv2.imdecode(np.fromfile(one, np.uint8), cv2.IMREAD_COLOR) for one in paths)
    return sum(0 if one is None else one.nbytes for one in pictures)


def decode_seconds(paths: Sequence[Path], workers: int) -> float:
    """Return the wall time of one pass of decoding."""
    parts = [paths[first : first + 50] for first in range(0, len(paths), 50)]
    fresh = get_context("spawn")  # OpenCV's threads do not survive a fork
    with ProcessPoolExecutor(workers, fresh) as pool:
        list(pool.map(decode, [paths[:1]] * workers))
        began = time.monotonic()
        sum(pool.map(decode, parts))
        return time.monotonic() - began


def opening_seconds(table: Path, out: Path, workers: int) -> float:
    """Return the wall time from the command to its open bench; it is killed there."""
    words = ["run", "dermoscopy.abcd", "--data", str(table), "--labels", ",".join(LABELS), "--out", str(out)]
    words += f"--model builtin --max-calls 8 --workers {workers} --approve never --quiet".split()
    began = time.monotonic()
    with subprocess.Popen([SCAFE, *words], stdout=subprocess.DEVNULL, env=_with_a_fresh_cache(out)) as run:
        while not _is_open(out):
            if run.poll() is not None:
                raise SystemExit(f"the run ended with {run.returncode} before its bench was open")
            time.sleep(TICK)
        found = time.monotonic() - began
        run.kill()
    return found


def _is_open(out: Path) -> bool:
    return any(OPENED in one.read_bytes() for one in out.glob("*/events.jsonl"))


def _with_a_fresh_cache(out: Path) -> dict[str, str]:
    return {**os.environ, "SCAFE_CACHE": str(out / "cache")}


def main() -> None:
    """Print the times and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--size", default=SIZE)
    parser.add_argument("--masks", action="store_true", help="give masks, and decode them in the control too")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder of ham10000")
    parser.add_argument("--photographs", type=Path, help="keep them here for another time")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = make(
            asked.source, asked.photographs or Path(folder), asked.images, asked.size, masks=asked.masks
        )
        paths = sorted(table.parent.glob("*.jpg"))[: asked.images]
        if asked.masks:
            paths += sorted((table.parent / "masks").glob("*.png"))[: asked.images]
        decode_seconds(paths, asked.workers)  # the first pass also fetches the files from the disk
        first = decode_seconds(paths, asked.workers)
        opening = opening_seconds(table, Path(folder) / "runs", asked.workers)
        again = decode_seconds(paths, asked.workers)
    ratio, control = 2 * opening / (first + again), again / first
    print(f"{asked.images} photographs of {asked.size}: decoded in {first:.1f} s, open after {opening:.1f} s")
    print(f"{ratio:.2f} times one pass (A/A {control:.2f}), load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
