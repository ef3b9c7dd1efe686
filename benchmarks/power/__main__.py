"""What the shipped measures reach on few real patients, beside colour and texture, and what they cost.

    python -m benchmarks.power [--only mel/nv] [--draws 20] [--data ../shared/data] [--profile]

Prints and writes benchmarks/power.md. Features are kept under --cache by their content, figures under
benchmarks/power/*.json, so sets may be run one at a time and are joined on the page. A set that is not
there is skipped, loudly. With --profile, only the cost is measured anew. What stands at the
page's end under "Reasons" is written by hand, in benchmarks/power/reasons.md.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.power.costs import costs, frozen_cost
from benchmarks.power.draws import power_curve, with_prior
from benchmarks.power.page import PLAIN, page
from benchmarks.power.profile import parts_of
from benchmarks.power.sets import SETS, PowerSet, measure, opened
from scafe.evals.data.dataset import Dataset
from scafe.evals.scoring.score import Task
from scafe.sandbox.pool.pool import Pool

HERE = Path(__file__).parent
PAGE = HERE.with_suffix(".md")
REASONS = HERE / "reasons.md"
RUNS = HERE.parents[1] / "runs" / "reference"


def main() -> None:
    """Run the sets that were asked for, keep their figures, and write the page of all."""
    options = _options()
    records = _read(options.record)
    with Pool(options.workers) as pool:
        for one in SETS:
            if not options.only or one.name in options.only:
                _run(one, options, pool, records)
                _path(options.record).write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    now = _ordered({**_read("before"), **_read("now")})
    PAGE.write_text(page(_read("before"), now, REASONS.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"written: {PAGE}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data", help="folder of the sets")
    parser.add_argument("--only", action="append", choices=[one.name for one in SETS], help="may be repeated")
    parser.add_argument("--draws", type=int, default=20, help="draws of training patients at each size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="cells that measure at the same time")
    parser.add_argument("--cache", default="runs/studies/power", help="where features are kept")
    parser.add_argument(
        "--record", choices=["before", "now"], default="now", help="which column of the page the figures are"
    )
    parser.add_argument(
        "--profile", action="store_true", help="only measure where the time goes, and keep it"
    )
    return parser.parse_args()


def _run(one: PowerSet, options: argparse.Namespace, pool: Pool, records: dict[str, Any]) -> None:
    data = Path(options.data)
    if not (data / one.folder / "manifest.csv").exists():
        print(f"SKIPPED LOUDLY: {data / one.folder / 'manifest.csv'} is not here", file=sys.stderr)
        return
    if options.profile:
        dataset, _ = opened(one, data, Path(options.cache))
        records[one.name] |= _costs(one, dataset)
        print(
            json.dumps({name: records[one.name].get(name) for name in ("costs", "frozen", "parts")}),
            flush=True,
        )
        return
    begun = time.monotonic()
    found = measure(one, data, Path(options.cache), pool)
    dataset = found.dataset
    target = np.array([dataset.classes.index(label) for label in dataset.labels])
    if len(dataset.classes) == 2:
        target = 1 - target
    task = Task(target, dataset.patients, len(dataset.classes))
    rows = found.rows if not any(found.signs) else {**found.rows, PLAIN: found.rows["measures"]}
    points = power_curve(
        rows, task, dataset.classes, options.draws, options.seed, fit=with_prior(found.signs)
    )
    records[one.name] = {
        "counts": dict(Counter(dataset.labels)),
        "left_out": found.left_out,
        "features": len(found.names),
        "signed": int(np.count_nonzero(found.signs)),
        "seed": options.seed,
        "code": _code(),
        "points": [asdict(point) for point in points],
        **_costs(one, dataset),
    }
    print(page({}, {one.name: records[one.name]}).split("\n## ")[-1], flush=True)
    print(f"{one.name}: {time.monotonic() - begun:.0f} s", flush=True)


def _costs(one: PowerSet, dataset: Dataset) -> dict[str, Any]:
    frozen = frozen_cost(one, dataset, RUNS)
    return {
        "costs": costs(one, dataset),
        "parts": parts_of(one, dataset),
        **({"frozen": frozen} if frozen else {}),
    }


def _code() -> str:
    """Name the commit that was measured, and say if files differ from it."""
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "not under version control"


def _ordered(records: dict[str, Any]) -> dict[str, Any]:
    return {one.name: records[one.name] for one in SETS if one.name in records}


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = (
        json.loads(_path(name).read_text(encoding="utf-8")) if _path(name).exists() else {}
    )
    return found


def _path(name: str) -> Path:
    return HERE / f"{name}.json"


if __name__ == "__main__":
    main()
