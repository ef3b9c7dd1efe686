"""CPU time of commands, of another build and of this one: `python -m benchmarks.speed --before PYTHON`.

`--before` is the interpreter of an installed build, e.g. of commit 42b67bf. Each round runs before, after and
before again: the last against the first is the control (A/A), and a ratio inside its range says nothing.
Seconds are of the command with all its processes; a busy machine moves them less than wall time.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scafe.knowledge.measures import measure_source

ROOT = Path(__file__).parents[1]
ZOO = ROOT / "tests" / "sandbox" / "probes" / "zoo"
REJECTED = ("constant", "corner_pixel", "sign_flipped", "absolute_colour", "truth_value")
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


def commands(folder: Path) -> dict[str, list[str]]:
    """Name the commands that are compared."""
    probe = ["--pack", "scar.vss", "--json"]
    found = {f"probe, rejected: {name}": ["probe", str(ZOO / f"{name}.py"), *probe] for name in REJECTED}
    for name in ACCEPTED:
        (folder / f"{name}.py").write_text(measure_source(name))
        pack = ["--pack", "scar.keloid_vs_hypertrophic", "--json"]
        found[f"probe, accepted: {name}"] = ["probe", str(folder / f"{name}.py"), *pack]
    found["demo --seed 1"] = ["demo", "--seed", "1", "--out", str(folder / "runs")]
    return found


def main() -> None:
    """Print one line for each command, as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", required=True, help="interpreter of the other build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="commands whose name holds this text")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    builds = tuple(str(Path(one).with_name("scafe")) for one in (asked.before, sys.executable))
    with tempfile.TemporaryDirectory() as folder:
        for what, words in commands(Path(folder)).items():
            if asked.only not in what:
                continue
            one = compare(what, words, (builds[0], builds[1]), asked.rounds)
            if asked.json:
                print(json.dumps(asdict(one)), flush=True)
                continue
            low, high = one.control
            told = f"{one.before:7.2f} {one.after:7.2f}  {one.ratio:.2f} times (A/A {low:.2f} to {high:.2f})"
            print(f"{what:36s} {told}", flush=True)


if __name__ == "__main__":
    main()
