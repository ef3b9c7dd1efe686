"""Is the loop worth its calls? The built-in drafter in the loop, best-of-N and one-shot, on the same splits.

    python -m benchmarks.loop_baselines --seeds 10
    python -m benchmarks.loop_baselines --seeds 10 --pack dermoscopy.abcd --data MANIFEST --labels mel,nv

All three have the same drafter, bench, gate, folds and sealed patients of a seed, and at most the same calls.
Prints one row per search and, per seed, the paired difference of the loop with a 95 % interval over
seeds (t). Finished runs are kept under --out and not run again, so it may be stopped and gone on with.
"""

import argparse
import json
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from scipy import stats

from benchmarks.smaller import shrink
from benchmarks.study import Search, Study
from scafe.agent.trace import EVENTS, read_lines

SEARCHES: tuple[Search, ...] = ("loop", "best_of_n", "one_shot")


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pack", default="scar.keloid_vs_hypertrophic")
    parser.add_argument("--data", default=None)
    parser.add_argument("--labels", default="")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--max-calls", type=int, default=50)
    parser.add_argument("--longest-px", type=int, default=0, help="shrink images to this side, to save time")
    parser.add_argument("--out", default="runs/loop_baselines")
    options = parser.parse_args()
    labels = tuple(options.labels.split(",")) if options.labels else ()
    data = options.data
    if data and options.longest_px:
        data = str(shrink(Path(data), options.longest_px, Path(options.out)))
    study = Study(options.pack, data, labels, options.max_calls, Path(options.out))
    found: dict[str, dict[int, dict[str, Any]]] = {search: {} for search in SEARCHES}
    for seed in range(options.seeds):
        for search in SEARCHES:
            found[search][seed] = _one(study, search, seed)
            print(json.dumps({"search": search, "seed": seed, **found[search][seed]}), flush=True)
    _table(found)


def _one(study: Study, search: Search, seed: int) -> dict[str, Any]:
    outcome = study.run(seed, search)
    events = {line["kind"]: line for line in read_lines(outcome.run / EVENTS)}
    opened = events.get("seal_opened", {})
    return {
        "status": outcome.status,
        "auc": opened.get("auc"),
        "dev_auc": opened.get("dev_auc"),
        "baseline_auc": opened.get("baseline_auc"),
        "features": events.get("set_frozen", {}).get("features", 0),
        "calls": events["run_finished"]["calls"],
    }


def _table(found: dict[str, dict[int, dict[str, Any]]]) -> None:
    print("\n| search | sealed AUC, mean (sd) | features | calls | loop minus it, mean (95 % interval) |")
    print("|---|---|---|---|---|")
    for search, by_seed in found.items():
        aucs = [_auc(one) for one in by_seed.values()]
        spread = stdev(aucs) if len(aucs) > 1 else float("nan")
        features, calls = (mean(one[key] for one in by_seed.values()) for key in ("features", "calls"))
        print(
            f"| {search} | {mean(aucs):.3f} ({spread:.3f}) | {features:.1f} | {calls:.1f} "
            f"| {_difference(found['loop'], by_seed) if search != 'loop' else '·'} |"
        )


def _auc(one: dict[str, Any]) -> float:
    """Count a run without a set as chance: that is what it leaves a clinician with."""
    return 0.5 if one["auc"] is None else float(one["auc"])


def _difference(loop: dict[int, dict[str, Any]], other: dict[int, dict[str, Any]]) -> str:
    paired = [_auc(loop[seed]) - _auc(other[seed]) for seed in loop]
    if len(paired) < 2:
        return f"{paired[0]:+.3f}"
    half = stats.t.ppf(0.975, len(paired) - 1) * stdev(paired) / len(paired) ** 0.5
    return f"{mean(paired):+.3f} ({mean(paired) - half:+.3f} to {mean(paired) + half:+.3f})"


if __name__ == "__main__":
    main()
