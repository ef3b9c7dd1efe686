"""How much memory does a data set cost? Run with `python -m benchmarks.memory --images 2000`.

Makes photographs of 600 × 450 by resampling those of `--source` (another crop, size and quality each), gives
them to `scafe data check`, `scafe run` and `scafe predict`, and prints the largest PSS of all their
processes together, sampled four times a second. `--python` names another build's interpreter, to be
measured on the same photographs.
"""

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

SOURCE = Path(__file__).parents[1] / "../shared/data/ham10000"
SIZE = (600, 450)
TICK = 0.25
LABELS = ("mel", "nv")


def make(source: Path, folder: Path, count: int) -> Path:
    """Write `count` photographs and a manifest; what is there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"manifest-{count}.csv"
    if table.exists():
        return table
    with (source / "manifest.csv").open(encoding="utf-8") as file:
        known = [row for row in csv.DictReader(file) if row["label"] in LABELS]
    lines = []
    for number in range(count):
        row = known[number % len(known)]
        path = folder / f"{number:06d}.jpg"
        if not path.exists():
            path.write_bytes(_resampled(source / row["path"], number))
        lines.append((path.name, row["label"], f"p{number:06d}"))
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "label", "patient_id"), *lines])
    return table


def _resampled(path: Path, number: int) -> bytes:
    rng = np.random.default_rng(number)
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{path}: cannot be read")
    height, width = image.shape[:2]
    share = rng.uniform(0.75, 1)
    rows, columns = int(share * height), int(share * width)
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    cut = image[top : top + rows, left : left + columns]
    drawn = cv2.resize(cut, SIZE, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(85, 96))])
    return bytes(data)


def peak(command: list[str], seconds: float) -> dict[str, float | int | str]:
    """Run a command and return its largest PSS in MB, its seconds and how it ended."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        largest, at = 0.0, ""
        while process.poll() is None:
            parts = {pid: _pss(pid) for pid in _tree(process.pid)}
            if sum(parts.values()) > largest:
                largest = sum(parts.values())
                at = ", ".join(f"{_name(pid)} {mb:.0f}" for pid, mb in parts.items() if mb > 20)
            if time.monotonic() - began > seconds:
                process.terminate()
                break
            time.sleep(TICK)
        process.wait()
    spent = time.monotonic() - began
    return {"mb": round(largest), "seconds": round(spent, 1), "code": process.returncode, "at": at}


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [one for child in task.read_text().split() for one in _tree(int(child))]
        except OSError:
            continue
    return found


def _pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("Pss:")), 0.0)


def _name(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return "gone"
    return next((word.rsplit(".", 1)[-1] for word in words if word.startswith("scafe.")), "scafe")


def commands(scafe: list[str], table: Path, out: Path) -> dict[str, list[str]]:
    """Name the commands that are measured."""
    data = ["--data", str(table), "--labels", ",".join(LABELS)]
    bundle = Path(__file__).parents[1] / "runs" / "reference" / "played-dermoscopy" / "frozen"
    run = ["run", "dermoscopy.abcd", *data, "--max-calls", "8", "--seed", "1", "--out", str(out)]
    return {
        "data check": [*scafe, "data", "check", str(table), "--labels", ",".join(LABELS), "--json"],
        "run --max-calls 8": [*scafe, *run, "--approve", "auto"],
        "predict": [*scafe, "predict", str(bundle), "--data", str(table), "--json"],
    }


def main() -> None:
    """Print one line for each command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder with a manifest.csv")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/scafe-photographs"))
    parser.add_argument("--only", help="one of: data check, run --max-calls 8, predict")
    parser.add_argument("--seconds", type=float, default=3600, help="end a command after so long")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the build to measure")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not asked.source.exists():
        raise SystemExit(f"{asked.source}: no real images there; name a folder with --source")
    table = make(asked.source, asked.folder, asked.images)
    scafe = [str(Path(asked.python).with_name("scafe"))]
    found = {
        name: peak(command, asked.seconds)
        for name, command in commands(scafe, table, asked.folder / "runs").items()
        if asked.only in (None, name)
    }
    if asked.json:
        print(json.dumps({"images": asked.images, "commands": found}, indent=1))
        return
    print(f"{asked.images} photographs of {SIZE[0]} × {SIZE[1]}")
    for name, one in found.items():
        print(f"{name:20s} {one['mb']:6} MB  {one['seconds']:8} s  exit {one['code']}  ({one['at']})")


if __name__ == "__main__":
    main()
