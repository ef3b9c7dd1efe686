"""How much memory does a data set cost? Run with `python -m benchmarks.scale.memory --images 2000`.

Makes photographs of 600 × 450 by resampling those of `--source` (another crop, size and quality each), gives
them to `scafe data check`, `scafe run` and `scafe predict` (with what the run froze, or `--bundle`), and
prints the largest PSS of all their processes together, sampled four times a second. PSS counts the pages of
libraries by how many processes of the machine have them open, so it falls while other Python programs run;
the second figure, memory that only these processes hold (heap and shared memory), does not, and growth is
told of it. `--python` names another build's interpreter, to be measured on the same photographs.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).parents[2] / "../shared/data/ham10000"
SIZE = "600x450"
HEAD = ("path", "mask", "label", "patient_id")
TICK = 0.25
LABELS = ("mel", "nv")


def make(source: Path, folder: Path, count: int, size: str = SIZE, *, masks: bool = False) -> Path:
    """Write `count` photographs and a manifest, with masks if asked; what is there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"manifest-{count}{'-masks' if masks else ''}.csv"
    if table.exists():
        return table
    with (source / "manifest.csv").open(encoding="utf-8") as file:
        known = [row for row in csv.DictReader(file) if row["label"] in LABELS]
    lines = []
    for number in range(count):
        row = known[number % len(known)]
        path = folder / f"{number:06d}.jpg"
        if not path.exists():
            path.write_bytes(_resampled(source / row["path"], number, size))
        mask = (
            _mask(source / row["mask"], folder / "masks" / f"{number:06d}.png", number, size) if masks else ""
        )
        lines.append((path.name, mask, row["label"], f"p{number:06d}"))
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(one if masks else (one[0], *one[2:]) for one in [HEAD, *lines])
    return table


def _resampled(path: Path, number: int, size: str) -> bytes:
    rng = np.random.default_rng(number)
    drawn = _drawn(path, rng, size, cv2.IMREAD_COLOR, cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(85, 96))])
    return bytes(data)


def _mask(path: Path, out: Path, number: int, size: str) -> str:
    """Cut a mask as its image was; return its name in the manifest, none where nothing of it is left."""
    drawn = _drawn(path, np.random.default_rng(number), size, cv2.IMREAD_GRAYSCALE, cv2.INTER_NEAREST)
    if not drawn.any():
        return ""
    out.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(out), drawn)
    return f"{out.parent.name}/{out.name}"


def _drawn(path: Path, rng: np.random.Generator, size: str, mode: int, way: int) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), mode)
    if image is None:
        raise SystemExit(f"{path}: cannot be read")
    height, width = image.shape[:2]
    share = rng.uniform(0.75, 1)
    rows, columns = int(share * height), int(share * width)
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    across, down = map(int, size.split("x"))
    cut = image[top : top + rows, left : left + columns]
    return np.asarray(cv2.resize(cut, (across, down), interpolation=way), np.uint8)


@dataclass(frozen=True)
class Peak:
    """What one command held at most, over all its processes."""

    mb: float
    """PSS, with the share of libraries that is counted to them."""
    own_mb: float
    """Heap and shared memory, which no other program shares."""
    seconds: float
    code: int | None
    at: str
    """The processes at the largest PSS, in MB."""


class Watched:
    """A command whose memory is looked at now and then; leaving the context waits for its end."""

    def __init__(self, command: Sequence[str], out: Path = Path(os.devnull)) -> None:
        self._began = time.monotonic()
        with out.open("wb") as said:
            self._process = subprocess.Popen(command, stdout=said, stderr=subprocess.DEVNULL)
        self._most, self._own, self._at = 0.0, 0.0, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.wait()
        self.peak = Peak(
            round(self._most), round(self._own, 1), round(self.seconds, 1), self._process.returncode, self._at
        )

    @property
    def pid(self) -> int:
        """Of the command itself."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def seconds(self) -> float:
        """Since its start."""
        return time.monotonic() - self._began

    def look(self) -> None:
        """Take what all its processes hold now."""
        parts = {pid: _held(pid) for pid in process_tree(self.pid)}
        self._own = max(self._own, sum(one for _, one in parts.values()))
        if (total := sum(one for one, _ in parts.values())) > self._most:
            self._most = total
            self._at = ", ".join(f"{_name(pid)} {mb:.0f}" for pid, (mb, _) in parts.items() if mb > 20)

    def end(self) -> None:
        """Ask it to end."""
        self._process.terminate()


def peak(command: Sequence[str], seconds: float) -> Peak:
    """Run a command and watch what it holds, four times a second."""
    with Watched(command) as one:
        while one.is_running:
            one.look()
            if one.seconds > seconds:
                one.end()
                break
            time.sleep(TICK)
    return one.peak


def process_tree(pid: int) -> list[int]:
    """Return a process and all that it started, by their ids."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [one for child in task.read_text().split() for one in process_tree(int(child))]
        except OSError:
            continue
    return found


def _held(pid: int) -> tuple[float, float]:
    """Return PSS and the part of it that is no file, in MB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    parts = {line.split(":")[0]: int(line.split()[1]) / 1000 for line in lines if line.startswith("Pss")}
    return parts.get("Pss", 0.0), parts.get("Pss_Anon", 0.0) + parts.get("Pss_Shmem", 0.0)


def _name(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return "gone"
    return next((word.rsplit(".", 1)[-1] for word in words if word.startswith("scafe.")), "scafe")


def commands(scafe: list[str], table: Path, out: Path, bundle: Path | None = None) -> dict[str, list[str]]:
    """Name the commands that are measured; `predict` has what the first run in `out` froze, or a bundle."""
    data = ["--data", str(table), "--labels", ",".join(LABELS)]
    frozen = bundle or next(out.glob("*/frozen"), out / "nothing-frozen")
    run = ["run", "dermoscopy.abcd", *data, "--max-calls", "8", "--seed", "1", "--out", str(out)]
    return {
        "data check": [*scafe, "data", "check", str(table), "--labels", ",".join(LABELS), "--json"],
        "run --max-calls 8": [*scafe, *run, "--approve", "auto"],
        "predict": [*scafe, "predict", str(frozen), "--data", str(table), "--json"],
    }


def main() -> None:
    """Print one line for each command and number of images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[2000])
    parser.add_argument("--size", default=SIZE, help="of each image, WIDTHxHEIGHT")
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder with a manifest.csv")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/scafe-photographs"))
    parser.add_argument("--masks", action="store_true", help="with the source's masks; else they are found")
    parser.add_argument("--bundle", type=Path, help="what predict has; by default what the run froze")
    parser.add_argument("--only", help="one of: data check, run --max-calls 8, predict")
    parser.add_argument("--seconds", type=float, default=3600, help="end a command after so long")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the build to measure")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not asked.source.exists():
        raise SystemExit(f"{asked.source}: no real images there; name a folder with --source")
    scafe = [str(Path(asked.python).with_name("scafe"))]
    folder = asked.folder / asked.size
    tables = {
        count: make(asked.source, folder, count, asked.size, masks=asked.masks) for count in asked.images
    }
    for name in commands(scafe, tables[asked.images[0]], folder):
        if asked.only not in (None, name):
            continue
        if name == "predict" and not (asked.bundle or any((folder / "runs").glob("*/frozen"))):
            raise SystemExit(f"{folder / 'runs'}: no run froze anything there; run first, or give --bundle")
        found = {
            count: peak(commands(scafe, table, folder / "runs", asked.bundle)[name], asked.seconds)
            for count, table in tables.items()
        }
        _tell(name, found, asked.json)


def _tell(name: str, found: dict[int, Peak], as_json: bool) -> None:
    """Print what a command held at every number of images, and what a thousand more cost."""
    if as_json:
        for count, one in found.items():
            print(json.dumps({"command": name, "images": count, **asdict(one)}), flush=True)
        return
    for count, one in found.items():
        print(
            f"{name:18s} {count:6} images  {one.mb:5.0f} MB, {one.own_mb:6.1f} of its own  "
            f"{one.seconds:7} s  exit {one.code}  ({one.at})",
            flush=True,
        )
    least, most = min(found), max(found)
    if least < most:
        grown = (found[most].own_mb - found[least].own_mb) / (most - least) * 1000
        print(f"{name:18s} {grown:+.1f} MB of its own for 1,000 images more", flush=True)


if __name__ == "__main__":
    main()
