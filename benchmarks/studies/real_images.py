"""The built-in drafter on four sets of real images, beside colour and texture and shuffled labels.

    python -m benchmarks.studies.real_images --data ../shared/data --seeds 5

Writes benchmarks/studies/real_images.md from what the runs' sealed parts said; finished runs are kept
under --out
and not run again. A set that is not there is skipped, loudly.
"""

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.studies.study import Study

PAGE = Path(__file__).with_suffix(".md")
HEAD = """# Real images, built-in drafter

Made by `python -m benchmarks.studies.real_images --seeds {seeds} --max-calls {calls}`. A seed draws the
sealed
patients, the folds and the order of the search. Intervals are 95 %: Newcombe's for one AUC, DeLong's for
the paired difference. Where a set is too small to seal, the number is one honest cross-validation in blind
mode and marked so. Research only: no claim of clinical use.
"""


@dataclass(frozen=True)
class RealSet:
    """One set of images, and what is told apart in it."""

    folder: str
    pack: str
    labels: tuple[str, ...]
    without_masks: str = ""
    """What it means for this set that it has none."""


SETS = (
    RealSet("ham10000", "dermoscopy.abcd", ("mel", "nv")),
    RealSet(
        "breast_ultrasound",
        "ultrasound.birads",
        ("malignant", "benign"),
        "No masks: the measures take the dark region near the middle for the mass.",
    ),
    RealSet(
        "chest_xray",
        "radiograph.chest",
        ("bacteria", "virus"),
        "No masks, and none asked for: the measures look for the lungs themselves.",
    ),
    RealSet(
        "crc_tissue", "histology.crc_tissue", (), "No masks, and none asked for: a section is measured whole."
    ),
)


def main() -> None:
    """Run what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--max-calls", type=int, default=50)
    parser.add_argument("--out", default="runs/studies")
    parser.add_argument("--only", action="append", help="only this set; may be repeated")
    options = parser.parse_args()
    parts = [HEAD.format(seeds=options.seeds, calls=options.max_calls)]
    for one in SETS:
        if not options.only or one.folder in options.only:
            parts.append(_section(one, options))
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    print(f"written: {PAGE}")


def _section(one: RealSet, options: argparse.Namespace) -> str:
    manifest = Path(options.data) / one.folder / "manifest.csv"
    if not manifest.exists():
        print(f"SKIPPED LOUDLY: {manifest} is not here", file=sys.stderr)
        return f"## {one.folder}\n\nSkipped: the images were not at hand.\n"
    data, left_out = of_one_label(manifest, Path(options.out))
    has_masks = "mask" in manifest.open(encoding="utf-8").readline().strip().split(",")
    study = Study(one.pack, str(data), one.labels, options.max_calls, Path(options.out))
    heads = []
    for seed in range(options.seeds):
        outcome = study.run(seed)
        heads.append(_headline(outcome.run))
        print(json.dumps({"set": one.folder, "seed": seed, "status": outcome.status}), flush=True)
    return _page_part(one, heads, left_out, has_masks)


def of_one_label(manifest: Path, out: Path) -> tuple[Path, int]:
    """Leave out patients with two labels: no split by patient and label has a place for them."""
    rows = list(csv.DictReader(manifest.open(encoding="utf-8")))
    labels: dict[str, set[str]] = {}
    for row in rows:
        labels.setdefault(row["patient_id"], set()).add(row["label"])
    several = {patient for patient, found in labels.items() if len(found) > 1}
    if not several:
        return manifest, 0
    kept = [_absolute(row, manifest.parent) for row in rows if row["patient_id"] not in several]
    path = out / f"{manifest.parent.name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
    return path, len(several)


def _absolute(row: dict[str, str], folder: Path) -> dict[str, str]:
    places = {key: str((folder / row[key]).resolve()) for key in ("path", "mask") if row.get(key)}
    return {**row, **places}


def _headline(run: Path) -> dict[str, Any]:
    path = run / "bench" / "headline.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _page_part(one: RealSet, heads: list[dict[str, Any]], left_out: int, has_masks: bool) -> str:
    what = " against ".join(one.labels) if len(one.labels) == 2 else "all classes"
    lines = [f"## {one.folder}: {what} (`{one.pack}`)", ""]
    if left_out:
        lines += [f"{left_out} patients with images of both labels were left out.", ""]
    if not has_masks:
        lines += [one.without_masks, ""]
    lines += ["| seed | features | sealed AUC | baseline | difference | permuted labels |"]
    lines += ["|---|---|---|---|---|---|"]
    lines += [_row(seed, head) for seed, head in enumerate(heads)]
    return "\n".join([*lines, "", *_reading(heads), *_learning(heads), ""])


def _reading(heads: list[dict[str, Any]]) -> list[str]:
    """Say on which side of the baseline the set came out, whatever it shows."""
    found = [head["difference"]["auc"] for head in heads if head]
    if not found:
        return ["No seed brought a set: nothing to compare.", ""]
    below, above = sum(one["high"] < 0 for one in found), sum(one["low"] > 0 for one in found)
    return [
        f"ScaFE minus baseline: {mean(one['value'] for one in found):+.3f} on average over {len(found)} of "
        f"{len(heads)} seeds; the interval lies below 0 for {below} and above 0 for {above}.",
        "",
    ]


def _row(seed: int, head: dict[str, Any]) -> str:
    if not head:
        return f"| {seed} | 0 | no acceptable set | | | |"
    ours, base, permuted = head["model"], head["baseline"], head["permuted"]
    mark = "" if head["sealed"] else " (cross-validated)"
    return (
        f"| {seed} | {ours['features']} | {_estimate(ours['auc'])}{mark} | {_estimate(base['auc'])} "
        f"| {_estimate(head['difference']['auc'], '+')} | {permuted['auc']:.3f} (p {permuted['p']:.3f}) |"
    )


def _estimate(one: dict[str, float], sign: str = "") -> str:
    return f"{one['value']:{sign}.3f} ({one['low']:{sign}.3f} to {one['high']:{sign}.3f})"


def _learning(heads: list[dict[str, Any]]) -> list[str]:
    sizes = sorted({point["patients_per_class"] for head in heads if head for point in head["learning"]})
    if not sizes:
        return ["No learning curve: no seed brought a set."]
    folded = (
        "" if all(head["sealed"] for head in heads if head) else " (at most so many a class, scored on folds)"
    )
    lines = [
        f"Learning curve, mean over seeds{folded}:",
        "",
        "| patients per class | seeds | ScaFE | baseline |",
    ]
    lines += ["|---|---|---|---|"]
    for size in sizes:
        points = [p for head in heads if head for p in head["learning"] if p["patients_per_class"] == size]
        ours, simple = mean(p["auc"] for p in points), mean(p["baseline_auc"] for p in points)
        lines.append(f"| {size} | {len(points)} | {ours:.3f} | {simple:.3f} |")
    return lines


if __name__ == "__main__":
    main()
