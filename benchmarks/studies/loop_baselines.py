"""Is the loop worth its calls? The built-in drafter in the loop, best-of-N and one-shot, on the same splits.

    python -m benchmarks.studies.loop_baselines --data ../shared/data --seeds 10 --max-calls 24

All have the same drafter, bench, gate, folds and sealed patients of a seed, and at most the same calls.
Writes benchmarks/studies/loop_baselines.md: one row per search, and paired differences with a 95 % interval
over seeds (t). Finished runs are kept under --out and not run again, so it may be stopped and gone on with,
and two processes may share the sets (--only); a set that is not there is skipped, loudly. One cache of
values, verdicts and panels serves all runs of a pack.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from scipy import stats

from benchmarks.studies.by_operator import brought, rounds, table
from benchmarks.studies.smaller import shrink
from benchmarks.studies.study import Search, Study
from scafe.agent.record.trace import EVENTS, read_lines

Found = dict[Search, dict[int, dict[str, Any]]]
"""Search -> seed -> what its run came to."""
SEARCHES: tuple[Search, ...] = ("one_shot", "loop", "one_round", "best_of_n")
PAGE = Path(__file__).with_suffix(".md")
HEAD = """# The loop beside best-of-N and one-shot

Made by `python -m benchmarks.studies.loop_baselines --max-calls {calls}`, with the built-in drafter (no
language model). *loop*: as it ships with this drafter: plan, up to two blind drafts a criterion, repairs.
*one round*: fewer drafts, and then adaptive rounds until one brings nothing that the gate accepts
(`--patience 1`, the default with a model).
*best of n*: every call a blind draft. *one shot*: one blind draft per criterion. A seed draws sealed
patients, folds, phantoms and drafts, the same for all. The ridge has the declared directions as its prior.
AUC of the sealed patients; a run without an acceptable set counts as .5.
Differences are paired by seed, with a 95 % t interval over seeds; seeds share patients, so they are too
narrow rather than too wide. Seeds are those that were finished when the page was written.
"""
BY_OPERATOR = """## What each operator brought for its calls

Of the {runs} runs of *one round* above. A call counts for the operator that began its line: a repair for
what it mends. Scored: extractors that the probes let through and the gate answered; accepted: those that
the gate accepted; selected: features of the frozen set. The last column: how much the development AUC
falls, on fresh folds, without one of these features. A simplification has the features of its parent in
fewer lines, and so brings none of its own.
"""


@dataclass(frozen=True)
class Compared:
    """One set on which the searches are compared."""

    name: str
    pack: str
    folder: str
    """Under --data."""
    labels: tuple[str, ...]
    longest_px: int
    """Images are shrunk to this side, to save time: every search sees the same pixels."""
    ignored: tuple[str, ...] = ()
    """Columns of the manifest that are not used."""
    locator: str = "none"
    """What fills masks that are not given."""


SETS = (
    Compared("HAM10000, melanoma or naevus", "dermoscopy.abcd", "ham10000", ("mel", "nv"), 256),
    Compared(
        "breast ultrasound, malignant or benign",
        "ultrasound.birads",
        "breast_ultrasound",
        ("malignant", "benign"),
        256,
        locator="reference",
    ),
    Compared(
        "clinical photographs, malignant or benign",
        "photo.skin_lesion",
        "clinical_photo",
        ("malignant", "benign"),
        256,
        ("diagnosis", "elevation", "fitzpatrick"),
        "reference",
    ),
    Compared(
        "chest radiographs, bacterial or viral pneumonia",
        "radiograph.chest",
        "chest_xray",
        ("bacteria", "virus"),
        256,
        locator="reference",
    ),
)

Studies = dict[Compared, Study]


def main() -> None:
    """Run what is missing, and write the page of all that is finished."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--max-calls", type=int, default=24)
    parser.add_argument("--out", default="runs/studies")
    parser.add_argument("--only", action="append", help="run sets with this word in their name; repeatable")
    parser.add_argument("--search", action="append", choices=SEARCHES, help="run these searches; repeatable")
    parser.add_argument("--page-only", action="store_true", help="run nothing")
    options = parser.parse_args()
    studies = {one: study for one in SETS if (study := _study(one, options)) is not None}
    if not options.page_only:
        _run_missing(studies, options)
    PAGE.write_text(_page(studies, options), encoding="utf-8")
    print(f"written: {PAGE}")


def _run_missing(studies: Studies, options: argparse.Namespace) -> None:
    """Go through all sets seed by seed, so that a study that is stopped has about the same seeds of each."""
    wanted = [one for one in studies if not options.only or any(word in one.name for word in options.only)]
    for seed, one, search in product(range(options.seeds), wanted, options.search or SEARCHES):
        studies[one].run(seed, search)
        told = {
            "set": one.name,
            "search": search,
            "seed": seed,
            **(_finished(studies[one], search, seed) or {}),
        }
        print(json.dumps(told), flush=True)


def _study(one: Compared, options: argparse.Namespace) -> Study | None:
    out, manifest = Path(options.out), Path(options.data) / one.folder / "manifest.csv"
    if not manifest.exists():
        print(f"SKIPPED LOUDLY: {manifest} is not here", file=sys.stderr)
        return None
    data = str(shrink(manifest, one.longest_px, out))
    return Study(one.pack, data, one.labels, options.max_calls, out, one.ignored, one.locator)


def _finished(study: Study, search: Search, seed: int) -> dict[str, Any] | None:
    """Return what a run came to; None if it did not end, or was not begun."""
    run = study.begun(seed, search)
    if run is None or not (run / EVENTS).exists():
        return None
    events = {line["kind"]: line for line in read_lines(run / EVENTS)}
    if "run_finished" not in events:
        return None
    opened = events.get("seal_opened", {})
    return {
        "status": events["run_finished"]["status"],
        "auc": opened.get("auc"),
        "baseline_auc": opened.get("baseline_auc"),
        "features": events.get("set_frozen", {}).get("features", 0),
        "calls": events["run_finished"]["calls"],
    }


def _page(studies: Studies, options: argparse.Namespace) -> str:
    found = {one: _all_finished(study, options.seeds) for one, study in studies.items()}
    loops = [
        run
        for one, study in studies.items()
        for seed in found[one]["one_round"]
        if (run := study.begun(seed, "one_round"))
    ]
    sections = [
        f"## {one.name} (`{one.pack}`, images shrunk to {one.longest_px} px)\n\n{_table(found[one])}"
        for one in studies
    ]
    head, operators = HEAD.format(calls=options.max_calls), BY_OPERATOR.format(runs=len(loops))
    return "\n".join(
        [
            head,
            _together(list(found.values())),
            *sections,
            operators,
            rounds(loops),
            table(brought(loops)),
            "",
        ]
    )


def _all_finished(study: Study, seeds: int) -> Found:
    return {
        search: {seed: told for seed in range(seeds) if (told := _finished(study, search, seed))}
        for search in SEARCHES
    }


def _together(found: list[Found]) -> str:
    """Return the differences over the seeds of all sets."""
    joint: Found = {
        search: {
            1000 * place + seed: told for place, one in enumerate(found) for seed, told in one[search].items()
        }
        for search in SEARCHES
    }
    lines = ["## All sets together", "", "| one minus the other | difference |", "|---|---|"]
    pairs: tuple[tuple[Search, Search], ...] = (
        ("loop", "one_shot"),
        ("loop", "best_of_n"),
        ("one_round", "one_shot"),
        ("one_round", "best_of_n"),
        ("one_round", "loop"),
        ("best_of_n", "one_shot"),
    )
    for mine, other in pairs:
        names = f"{mine.replace('_', ' ')} minus {other.replace('_', ' ')}"
        lines.append(f"| {names} | {_difference(joint[mine], joint[other], 'pairs of runs')} |")
    return "\n".join([*lines, ""])


def _table(found: Found) -> str:
    lines = [
        "| search | seeds | AUC, mean (sd) | features | calls | loop minus it | one round minus it |",
        "|---|---|---|---|---|---|---|",
    ]
    for search, runs in found.items():
        if not runs:
            continue
        aucs = [_auc(one) for one in runs.values()]
        spread = f"{stdev(aucs):.3f}" if len(aucs) > 1 else "·"
        features, calls = (mean(one[key] for one in runs.values()) for key in ("features", "calls"))
        against = [
            "·" if search == mine else _difference(found[mine], runs) for mine in ("loop", "one_round")
        ]
        lines.append(
            f"| {search.replace('_', ' ')} | {len(runs)} | {mean(aucs):.3f} ({spread}) | {features:.1f} "
            f"| {calls:.1f} | {' | '.join(against)} |"
        )
    known = {seed: one["baseline_auc"] for runs in found.values() for seed, one in runs.items()}
    baselines = [value for value in known.values() if value is not None]
    told = f"{mean(baselines):.3f}" if baselines else "not known"
    return "\n".join([*lines, "", f"Colour and texture on the same splits: {told}.", ""])


def _auc(one: dict[str, Any]) -> float:
    """Count a run without a set as chance: that is what it leaves a clinician with."""
    return 0.5 if one["auc"] is None else float(one["auc"])


def _difference(
    mine: dict[int, dict[str, Any]], other: dict[int, dict[str, Any]], counted: str = "seeds"
) -> str:
    paired = [_auc(mine[seed]) - _auc(other[seed]) for seed in sorted(set(mine) & set(other))]
    if not paired:
        return "·"
    if len(paired) < 2:
        return f"{paired[0]:+.3f} (1 seed)"
    half = stats.t.ppf(0.975, len(paired) - 1) * stdev(paired) / len(paired) ** 0.5
    low, high = mean(paired) - half, mean(paired) + half
    return f"{mean(paired):+.3f} ({low:+.3f} to {high:+.3f}; {len(paired)} {counted})"


if __name__ == "__main__":
    main()
