"""Write runs/reference/located-builtin/: breast ultrasound by the built-in drafter, locator drafted first.

    python benchmarks/make_located.py ../shared/data/breast_ultrasound

Two dozen frames, twelve of each class and one a patient, chosen by a hash of their name; the run that is kept
holds none of them. Another drafter: `--model manual` leaves a run that waits, under `--out`; play it with
`scafe reply` and `scafe resume`, and keep it with `--keep RUN NAME`.
"""

import argparse
import csv
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from scafe.agent.loop.run import RunConfig, start_run
from scafe.agent.record.outcome import RunOutcome

REFERENCES = Path(__file__).parents[1] / "runs" / "reference"
PER_CLASS = 12
STUDY = "breast_ultrasound"
CONFIG: dict[str, Any] = {
    "pack": "ultrasound.birads",
    "data": f"{STUDY}/manifest.csv",
    "locator": "draft",
    "seed": 1,
    "approve": "auto",
    "max_calls": 6,
    "workers": 1,
}
LEFT_OUT = ("bench", "checkpoints.sqlite*", "run.lock")
"""The bench's folder is private to the process that holds the images; the others are caches."""


def few(source: Path, folder: Path) -> Path:
    """Write a manifest of a few frames into a folder, its images linked; return it.

    Parameters
    ----------
    source : Path
        Folder with manifest.csv (path, label, patient_id) and the images that it names.
    folder : Path
        Where a run is started: what the run keeps is the path below it.
    """
    study = folder / STUDY
    study.mkdir(parents=True, exist_ok=True)
    if not (study / "images").exists():
        (study / "images").symlink_to((source / "images").resolve())
    with (source / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: hashlib.sha256(row["path"].encode()).hexdigest())
    first = {row["patient_id"]: row for row in reversed(rows)}
    rows = [row for row in rows if first[row["patient_id"]] is row]
    labels = sorted({row["label"] for row in rows})
    kept = [row for label in labels for row in [one for one in rows if one["label"] == label][:PER_CLASS]]
    with (study / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["path", "label", "patient_id"])
        writer.writeheader()
        writer.writerows(kept)
    return study / "manifest.csv"


def make(source: Path, folder: Path, model: str) -> RunOutcome:
    """Start the run in a folder; it holds no path of this machine."""
    few(source, folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        return start_run(RunConfig.model_validate({**CONFIG, "model": model}))
    finally:
        os.chdir(before)


def keep(run: Path, name: str) -> None:
    """Put a finished run among the references."""
    shutil.rmtree(REFERENCES / name, ignore_errors=True)
    shutil.copytree(run, REFERENCES / name, ignore=shutil.ignore_patterns(*LEFT_OUT))


def main() -> None:
    """Make the run of the built-in drafter and keep it, leave one that waits, or keep one that was played."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("source", type=Path, help="folder with manifest.csv and images")
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--out", type=Path, help="where a run that waits is left")
    parser.add_argument("--keep", nargs=2, metavar=("RUN", "NAME"), help="keep a run that was played")
    options = parser.parse_args()
    if options.keep:
        keep(Path(options.keep[0]), options.keep[1])
    elif options.out:
        print(*make(options.source.resolve(), options.out, options.model).summary, sep="\n")
    else:
        with tempfile.TemporaryDirectory() as folder:
            outcome = make(options.source.resolve(), Path(folder), options.model)
            print(*outcome.summary, sep="\n")
            keep(outcome.run, "located-builtin")


if __name__ == "__main__":
    main()
