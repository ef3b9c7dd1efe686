"""Is the loop worth its calls? The built-in drafter in the loop, best-of-N and one-shot, on the same splits.

    python -m benchmarks.studies.loop_baselines --data ../shared/data --seeds 10 --max-calls 24

All three have the same drafter, bench, gate, folds and sealed patients of a seed, and at most the same calls.
Writes benchmarks/studies/loop_baselines.md: one row per search, and the paired difference of the loop with
a 95 %
interval over seeds (t). Finished runs are kept under --out and not run again, so it may be stopped and gone
on with, and two processes may share the sets with --only and --no-page; a set that is not there is skipped,
loudly. One cache of values, verdicts and panels serves all runs of a pack.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from scipy import stats

from benchmarks.studies.smaller import shrink
from benchmarks.studies.study import Search, Study
from scafe.agent.record.trace import EVENTS, read_lines

Found = dict[Search, list[dict[str, Any]]]
"""Search -> what each of its runs came to, in order of seeds."""
SEARCHES: tuple[Search, ...] = ("loop", "best_of_n", "one_shot")
PAGE = Path(__file__).with_suffix(".md")
HEAD = """# The loop beside best-of-N and one-shot

Made by `python -m benchmarks.studies.loop_baselines --max-calls {calls}`, with the built-in drafter (no
language
model). *loop*: plan, blind drafts, repairs, adaptive rounds. *best of N*: every call a blind
draft. *one shot*: one blind draft per criterion. A seed draws sealed patients, folds and drafts, the same for
all three. A run without an acceptable set counts as .5. Differences are paired by seed, with a 95 % t
interval over seeds; seeds share patients, so those of real images are too narrow rather than too wide.
"""


@dataclass(frozen=True)
class Compared:
    """One set on which the searches are compared."""

    name: str
    pack: str
    folder: str | None
    """Under --data; None: the synthetic cohort."""
    labels: tuple[str, ...] = ()
    longest_px: int = 0
    """Images are shrunk to this side, to save time: every search sees the same pixels. 0: as they are."""
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


def main() -> None:
    """Run what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--max-calls", type=int, default=24)
    parser.add_argument("--out", default="runs/studies")
    parser.add_argument("--only", action="append", help="a word of the set's name; may be repeated")
    parser.add_argument("--no-page", action="store_true", help="run what is missing and write no page")
    options = parser.parse_args()
    wanted = [one for one in SETS if not options.only or any(word in one.name for word in options.only)]
    found = _run_all(wanted, options)
    if not options.no_page:
        parts = [HEAD.format(calls=options.max_calls), *(_section(one, found[one.name]) for one in wanted)]
        PAGE.write_text("\n".join(parts), encoding="utf-8")
        print(f"written: {PAGE}")


def _run_all(wanted: Sequence[Compared], options: argparse.Namespace) -> dict[str, Found]:
    """Go through all sets seed by seed, so that a study that is stopped has the same seeds of each."""
    studies = {one.name: _study(one, options) for one in wanted}
    found: dict[str, Found] = {name: {search: [] for search in SEARCHES} for name in studies}
    for seed, (name, study), search in product(range(options.seeds), studies.items(), SEARCHES):
        if study is not None:
            found[name][search].append(_one(study, search, seed))
            told = {"set": name, "search": search, "seed": seed, **found[name][search][-1]}
            print(json.dumps(told), flush=True)
    return found


def _study(one: Compared, options: argparse.Namespace) -> Study | None:
    out, data = Path(options.out), None
    if one.folder is not None:
        manifest = Path(options.data) / one.folder / "manifest.csv"
        if not manifest.exists():
            print(f"SKIPPED LOUDLY: {manifest} is not here", file=sys.stderr)
            return None
        data = str(shrink(manifest, one.longest_px, out) if one.longest_px else manifest)
    return Study(one.pack, data, one.labels, options.max_calls, out, one.ignored, one.locator)


def _section(one: Compared, found: Found) -> str:
    if not found["loop"]:
        return f"## {one.name}\n\nSkipped: the images were not at hand.\n"
    size = f", images shrunk to {one.longest_px} px" if one.longest_px else ""
    return f"## {one.name} (`{one.pack}`{size})\n\n{_table(found)}"


def _one(study: Study, search: Search, seed: int) -> dict[str, Any]:
    outcome = study.run(seed, search)
    events = {line["kind"]: line for line in read_lines(outcome.run / EVENTS)}
    opened = events.get("seal_opened", {})
    return {
        "status": outcome.status,
        "auc": opened.get("auc"),
        "sealed": opened.get("sealed"),
        "dev_auc": opened.get("dev_auc"),
        "baseline_auc": opened.get("baseline_auc"),
        "features": events.get("set_frozen", {}).get("features", 0),
        "calls": events["run_finished"]["calls"],
    }


def _table(found: Found) -> str:
    lines = [
        f"{len(found['loop'])} seeds. {_what(found)}",
        "",
        "| search | AUC, mean (sd) | features | calls | loop minus it (95 % interval) |",
        "|---|---|---|---|---|",
    ]
    for search, runs in found.items():
        aucs = [_auc(one) for one in runs]
        spread = stdev(aucs) if len(aucs) > 1 else float("nan")
        features, calls = (mean(one[key] for one in runs) for key in ("features", "calls"))
        against = _difference(found["loop"], runs) if search != "loop" else "·"
        lines.append(
            f"| {search.replace('_', ' ')} | {mean(aucs):.3f} ({spread:.3f}) | {features:.1f} | {calls:.1f} "
            f"| {against} |"
        )
    baseline = mean(one["baseline_auc"] for one in found["loop"] if one["baseline_auc"] is not None)
    return "\n".join([*lines, "", f"Colour and texture on the same splits: {baseline:.3f}.", ""])


def _what(found: Found) -> str:
    if any(one["sealed"] for runs in found.values() for one in runs):
        return "AUC of the sealed patients."
    return "Too small to seal: one cross-validation in blind mode, in which no label steers a search."


def _auc(one: dict[str, Any]) -> float:
    """Count a run without a set as chance: that is what it leaves a clinician with."""
    return 0.5 if one["auc"] is None else float(one["auc"])


def _difference(loop: list[dict[str, Any]], other: list[dict[str, Any]]) -> str:
    paired = [_auc(one) - _auc(two) for one, two in zip(loop, other, strict=True)]
    if len(paired) < 2:
        return f"{paired[0]:+.3f}"
    half = stats.t.ppf(0.975, len(paired) - 1) * stdev(paired) / len(paired) ** 0.5
    return f"{mean(paired):+.3f} ({mean(paired) - half:+.3f} to {mean(paired) + half:+.3f})"


if __name__ == "__main__":
    main()
