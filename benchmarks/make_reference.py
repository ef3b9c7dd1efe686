"""Write runs/reference/builtin/: a small complete run of the built-in drafter, replayed by the tests.

    python benchmarks/make_reference.py

Run it whenever measures, phantoms, scorer or report change on purpose; the difference belongs into the
same commit. About half a minute on one idle core.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from scafe.agent.loop.run import RunConfig, start_run
from scafe.agent.record.outcome import RunOutcome

REFERENCE = Path(__file__).parents[1] / "runs" / "reference" / "builtin"
CONFIG: dict[str, Any] = {
    "pack": "scar.vss",
    "cohort": {"n_per_class": 12, "size": 64},
    "prior": "declared",
    "seed": 1,
    "approve": "auto",
    "max_calls": 8,
}
LEFT_OUT = ("bench", "checkpoints.sqlite*", "run.lock")
"""The bench's folder is private to the process that holds the images; the others are caches."""


def make(folder: Path) -> RunOutcome:
    """Run once in a folder; the run holds no path of this machine."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return start_run(RunConfig.model_validate(CONFIG))
    finally:
        os.chdir(before)


def main() -> None:
    """Replace the reference."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = make(Path(folder))
        shutil.rmtree(REFERENCE, ignore_errors=True)
        shutil.copytree(outcome.run, REFERENCE, ignore=shutil.ignore_patterns(*LEFT_OUT))
    print(*outcome.summary, sep="\n")


if __name__ == "__main__":
    main()
