"""Many photographs, killed three times: `python -m benchmarks.scale.many_images --images 20000`.

Makes photographs by resampling (see `benchmarks.scale.memory`), looks them over with `scafe data check`, runs
`scafe run --max-calls 8` and predicts with what the run froze. The run is killed by SIGKILL while it hashes
images, while it writes values of the first extractor and while it writes those of a later one; each time
`scafe resume` goes on. Prints the largest PSS of every piece. `--twin` also runs undisturbed beside it and
compares trace, frozen set, report and revisions byte by byte. What `predict` measures anew of all images is
compared with the values that the killed run kept.
"""

import argparse
import hashlib
import json
import math
import os
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.scale.memory import LABELS, SIZE, SOURCE, Peak, Watched, make
from scafe.agent.record.trace import trace_body

Due = Callable[[Path], bool]
TIMES = re.compile(rb'<p id="times">.*?</p>')
"""When the held-out test set was scored, by the clock."""
SCAFE = str(Path(sys.executable).with_name("scafe"))


def has_begun(runs: Path) -> bool:
    """Whether a run has a folder, so that it can be resumed; its images are still hashed."""
    return any(runs.glob("*/events.jsonl"))


def measures(nth: int, share: float, images: int) -> Due:
    """Whether the nth extractor has values of a share of all images."""

    def is_due(runs: Path) -> bool:
        files = sorted(runs.glob("*/bench/features/*.rows"), key=lambda one: one.stat().st_ctime)
        large = [one for one in files if one.read_bytes().count(b"\n") > share * images]
        return len(large) >= nth

    return is_due


def killed_run(words: list[str], out: Path, images: int) -> Iterator[tuple[str, Peak]]:
    """Run, kill and resume until it ends; yield what every piece held."""
    points: list[tuple[str, Due]] = [
        ("killed while hashing", has_begun),
        ("killed in the first extractor", measures(1, 0.3, images)),
        ("killed in the third extractor", measures(3, 0.1, images)),
    ]
    command = [SCAFE, *words, "--out", str(out)]
    for name, is_due in points:
        yield name, _until(command, out, is_due)
        command = [SCAFE, "resume", "last", "--out", str(out), "--json"]
    yield "to its end", _until(command, out, lambda _: False)


def _until(command: list[str], out: Path, is_due: Due) -> Peak:
    with Watched(command) as one:
        while one.is_running:
            one.look()
            if is_due(out):
                os.kill(one.pid, signal.SIGKILL)
                break
            time.sleep(0.5)
    if one.peak.code not in (0, -signal.SIGKILL):
        raise SystemExit(f"{' '.join(command)}: exit {one.peak.code}")
    return one.peak


def body(runs: Path) -> dict[str, str]:
    """Hash what has to be equal: trace, frozen set, report but for its line of times, revisions."""
    run = next(runs.glob("*/events.jsonl")).parent
    revisions = sorted(one for one in (run / "revisions").rglob("*") if one.is_file())
    parts = {
        "trace": trace_body(run / "events.jsonl").encode(),
        "frozen set": (run / "frozen/manifest.json").read_bytes(),
        "report": TIMES.sub(b"", (run / "report.html").read_bytes()),
        "revisions": b"".join(one.read_bytes() for one in revisions),
    }
    return {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()}


def tell(what: str, one: Peak) -> None:
    """Print one piece."""
    print(
        f"{what:48s} {one.mb:5.0f} MB, {one.own_mb:6.1f} of its own  {one.seconds:8} s  exit {one.code}  "
        f"load {os.getloadavg()[0]:.1f}  ({one.at})",
        flush=True,
    )


def is_as_predicted(run: Path, predicted: Path, folder: Path) -> dict[str, bool]:
    """Whether each frozen feature has each value as often as `predict` measured it anew, or more often.

    More often: the run also measures disturbed copies of 24 images. Files of the same bytes count once, as
    the run keeps values by content.
    """
    images = json.loads(predicted.read_text())["predictions"]
    once = {hashlib.sha256((folder / one["image"]).read_bytes()).digest(): one for one in images}
    anew: dict[str, Counter[float]] = {}
    for image in once.values():
        for share in (one for criterion in image["criteria"] for one in criterion["features"]):
            anew.setdefault(share["feature"], Counter())[_number(share["value"])] += 1
    kept: dict[str, Counter[float]] = {}
    for path in (run / "bench" / "features").glob("*.rows"):
        head, *rows = map(json.loads, path.read_text().splitlines())
        for place, name in enumerate(head["names"]):
            found = {key: _number(values[place] if values else None) for key, values, _ in rows}
            kept.setdefault(name, Counter()).update(found.values())
    return {name: values <= kept.get(name, Counter()) for name, values in sorted(anew.items())}


def _number(value: float | None) -> float:
    return -math.inf if value is None or math.isnan(value) else value


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--size", default=SIZE, help="of each image, WIDTHxHEIGHT")
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder with a manifest.csv")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/scafe-photographs"))
    parser.add_argument(
        "--masks", action="store_true", help="with the source's masks; else a locator finds them"
    )
    parser.add_argument("--max-calls", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--twin", action="store_true", help="also run undisturbed, and compare")
    skipped = "what was left out is taken from an earlier call"
    parser.add_argument(
        "--skip", nargs="*", default=[], choices=("check", "run", "predict", "twin"), help=skipped
    )
    return parser.parse_args()


def main() -> None:
    """Print a line for each piece, then whether the bytes are equal."""
    asked = _asked()
    folder = asked.folder / asked.size
    table = make(asked.source, folder, asked.images, asked.size, masks=asked.masks)
    data = ["--data", str(table), "--labels", ",".join(LABELS)]
    calls = ["--max-calls", str(asked.max_calls), "--seed", "1", "--workers", str(asked.workers)]
    run = ["run", "dermoscopy.abcd", *data, *calls, "--approve", "auto", "--json"]
    runs, twin = folder / f"killed-{asked.images}", folder / f"twin-{asked.images}"
    if "check" not in asked.skip:
        tell("data check", _whole(["data", "check", str(table), *data[2:], "--json"], expected=(0, 1)))
    if "run" not in asked.skip:
        shutil.rmtree(runs, ignore_errors=True)
        for name, one in killed_run(run, runs, asked.images):
            tell(f"run --max-calls {asked.max_calls}, {name}", one)
    equal = _predicted(runs, folder, data[:2], asked) + (
        _twinned(runs, twin, run, asked) if asked.twin else []
    )
    raise SystemExit(0 if all(equal) else 1)


def _predicted(runs: Path, folder: Path, data: list[str], asked: argparse.Namespace) -> list[bool]:
    run, out = next(runs.glob("*/frozen")).parent, folder / f"predicted-{asked.images}.json"
    if "predict" not in asked.skip:
        workers = ["--workers", str(asked.workers)]
        tell("predict", _whole(["predict", str(run / "frozen"), *data, *workers, "--json"], out=out))
    if not out.exists():
        return []
    equal = is_as_predicted(run, out, folder)
    print("values of the run, killed three times, equal to those that predict measured:", equal, flush=True)
    return list(equal.values())


def _twinned(runs: Path, twin: Path, run: list[str], asked: argparse.Namespace) -> list[bool]:
    if "twin" not in asked.skip:
        shutil.rmtree(twin, ignore_errors=True)
        tell("run, undisturbed", _whole([*run, "--out", str(twin)]))
    equal = {name: one == body(twin)[name] for name, one in body(runs).items()}
    print("killed three times and resumed, equal to undisturbed:", equal, flush=True)
    return list(equal.values())


def _whole(words: list[str], expected: tuple[int, ...] = (0,), out: Path = Path(os.devnull)) -> Peak:
    with Watched([SCAFE, *words], out) as one:
        while one.is_running:
            one.look()
            time.sleep(0.5)
    if one.peak.code not in expected:
        raise SystemExit(f"{' '.join(words)}: exit {one.peak.code}")
    return one.peak


if __name__ == "__main__":
    main()
