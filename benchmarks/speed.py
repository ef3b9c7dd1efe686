"""CPU time of commands, of another build and of this one: `python -m benchmarks.speed --before PYTHON`.

`--before` is the interpreter of an installed build, e.g. of commit 42b67bf. Each round runs before, after and
before again: the last against the first is the control (A/A), and a ratio inside its range says nothing.
Seconds are of the command with all its processes; a busy machine moves them less than wall time.
Compile both builds first (`python -m compileall`), as pip does and uv does not, and leave
PYTHONDONTWRITEBYTECODE unset: else every process compiles anew what it loads.

Rejected extractors are those of the zoo (tests/sandbox/probes/zoo) and the rejected revisions of reference
runs, but for those that import the toolkit, which 42b67bf does not know. `--every N` takes each N-th of them.
`--data MANIFEST` adds looking over and running dermoscopies (`benchmarks.scale.memory` makes some).
`--targets FOLDER` makes the whole table, in an hour or two: what was aimed at, and below it what is measured.
Photographs lie in FOLDER, or are made there.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.scale.memory import LABELS, SIZE
from scafe.knowledge.criteria.pack import load_pack, pack_names
from scafe.knowledge.measures import measure_source

ROOT = Path(__file__).parents[1]
ZOO = ROOT / "tests" / "sandbox" / "probes" / "zoo"
REFERENCE = ROOT / "runs" / "reference"
REJECTED = "probe, rejected: "
ACCEPTED = ("scar_vascularity", "scar_linear_form")


@dataclass(frozen=True)
class Ratio:
    """One command, in CPU seconds."""

    what: str
    before: float
    """Median."""
    after: float
    ratio: float
    """After against the mean of the two runs before, median over rounds."""
    control: tuple[float, float]
    """Smallest and largest of the second run before against the first."""


def cpu_seconds(command: Sequence[str]) -> float:
    """Run a command; return user and system time of it and of all it started."""
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def compare(what: str, words: Sequence[str], builds: tuple[str, str], rounds: int) -> Ratio:
    """Run one command of both builds in turn."""
    old, new = ([build, *words] for build in builds)
    found = [(cpu_seconds(old), cpu_seconds(new), cpu_seconds(old)) for _ in range(rounds)]
    control = [second / first for first, _, second in found]
    return Ratio(
        what,
        round(statistics.median(first for first, _, _ in found), 2),
        round(statistics.median(one for _, one, _ in found), 2),
        round(statistics.median(2 * one / (first + second) for first, one, second in found), 2),
        (round(min(control), 2), round(max(control), 2)),
    )


def rejected() -> dict[str, tuple[Path, str]]:
    """Name extractors that will be rejected, each with the pack that it is probed for."""
    found = {f"zoo/{path.stem}": (path, _pack_of(path)) for path in sorted(ZOO.glob("*.py"))}
    for path in sorted(REFERENCE.glob("*/revisions/*/r*.py")):
        source, run = path.read_text(), path.parents[2]
        verdict = json.loads(path.with_suffix(".json").read_text()).get("verdict") or {}
        taken = any(one["accepted"] for one in verdict.get("features", ()))
        if not taken and "CRITERION" in source and "toolkit" not in source:
            pack = json.loads((run / "run.json").read_text())["config"]["pack"]
            found[f"{run.name}/{path.parent.name}/{path.stem}"] = (path, pack)
    return found


def _pack_of(path: Path) -> str:
    criterion = re.search(r'^CRITERION = "(\w+)"', path.read_text(), re.MULTILINE)
    packs = (name for name in pack_names() if criterion and criterion[1] in load_pack(name).ids)
    return next(packs, "scar.vss")


def commands(folder: Path, every: int, data: Path | None = None) -> dict[str, list[str]]:
    """Name the commands that are compared."""
    found = {
        f"{REJECTED}{name}": ["probe", str(path), "--pack", pack, "--json"]
        for name, (path, pack) in list(rejected().items())[::every]
    }
    for name in ACCEPTED:
        (folder / f"{name}.py").write_text(measure_source(name))
        pack = ["--pack", "scar.keloid_vs_hypertrophic", "--json"]
        found[f"probe, accepted: {name}"] = ["probe", str(folder / f"{name}.py"), *pack]
    found["demo --seed 1"] = ["demo", "--seed", "1", "--out", str(folder / "runs")]
    return found if data is None else found | _on_data(folder, data)


def targets(before: str, photographs: Path) -> dict[str, list[str]]:
    """Name what was aimed at, each with the module that measures it and its words."""
    speed = ["benchmarks.speed", "--before", before, "--rounds", "1", "--only"]
    many = ["--masks", "--images"]
    return {
        "scafe demo --seed 1: at most .35": [*speed, "demo"],
        "where the time of a demo goes": [
            *["benchmarks.scale.processes", "demo", "--seed", "1", "--out", str(photographs / "runs")]
        ],
        "a probe that rejects: at most .25": [*speed, REJECTED, "--every", "2"],
        "a probe that accepts: at most .6": [*speed, "accepted"],
        "at most 700 MB, and 2 MB for 1,000 images more": [
            *["benchmarks.scale.memory", "--folder", str(photographs), *many, "2000", "20000"]
        ],
        "measures of dermoscopy: at most 25 decodes; a frozen set: 15": [
            *["benchmarks.power", "--profile", "--only", "mel/nv"]
        ],
        "2 cores against 1: at most .55": ["benchmarks.scale.cores", "--images", "160"],
        "before the first draft: at most 1.2 times one decode": [
            *["benchmarks.scale.opening", "--photographs", str(photographs / SIZE), *many, "20000"]
        ],
    }


def _on_data(folder: Path, data: Path) -> dict[str, list[str]]:
    images = ["--data", str(data), "--labels", ",".join(LABELS)]
    run = ["run", "dermoscopy.abcd", *images, "--max-calls", "8", "--seed", "1", "--out", str(folder / "own")]
    return {
        "data check": ["data", "check", str(data), *images[2:], "--pack", "dermoscopy.abcd", "--json"],
        "run --max-calls 8": [*run, "--approve", "auto"],
    }


def main() -> None:
    """Print one line for each command, as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", required=True, help="interpreter of the other build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="commands whose name holds this text")
    parser.add_argument("--every", type=int, default=1, help="take each N-th rejected extractor")
    parser.add_argument("--data", type=Path, help="manifest of dermoscopies, mel and nv, with masks")
    parser.add_argument("--targets", type=Path, metavar="FOLDER", help="make the whole table")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.targets is not None:
        raise SystemExit(_measure(targets(asked.before, asked.targets)))
    builds = tuple(str(Path(one).with_name("scafe")) for one in (asked.before, sys.executable))
    with tempfile.TemporaryDirectory() as folder:
        every = commands(Path(folder), asked.every, asked.data)
        chosen = {what: words for what, words in every.items() if asked.only in what}
        found = []
        for what, words in chosen.items():
            found.append(compare(what, words, (builds[0], builds[1]), asked.rounds))
            _tell(found[-1], asked.json)
    _tell_median([one for one in found if one.what.startswith(REJECTED)], asked.json)


def _measure(aims: dict[str, list[str]]) -> int:
    """Run one benchmark after the other; return 1 if one of them failed, and say which."""
    failed = []
    for aim, words in aims.items():
        print(f"\n{aim}", flush=True)
        if subprocess.run([sys.executable, "-m", *words], check=False).returncode:
            failed.append(words[0])
    if failed:
        print(f"\nfailed, so the table lacks them: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def _tell(one: Ratio, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**asdict(one), "load": round(os.getloadavg()[0], 1)}), flush=True)
        return
    low, high = one.control
    told = f"{one.before:7.2f} {one.after:7.2f}  {one.ratio:.2f} times (A/A {low:.2f} to {high:.2f})"
    print(f"{one.what:56s} {told}  load {os.getloadavg()[0]:.1f}", flush=True)


def _tell_median(some: list[Ratio], as_json: bool) -> None:
    """Put all rejected ones into one line; its control is the range of all controls."""
    if len(some) < 2:
        return
    low, high = min(one.control[0] for one in some), max(one.control[1] for one in some)
    before, after, ratio = (
        round(statistics.median(part), 2)
        for part in zip(*((one.before, one.after, one.ratio) for one in some), strict=True)
    )
    _tell(Ratio(f"{REJECTED}median of {len(some)}", before, after, ratio, (low, high)), as_json)


if __name__ == "__main__":
    main()
