"""What does a frozen set cost on one image? Run with `python -m benchmarks.power.frozen_sets BUNDLE …`.

Told in decodes of the same image's JPEG (Pillow), one core: as plain functions in this process, and in the
sandbox, as `scafe predict` runs them (see `benchmarks.power.costs`). Measures are those of the bundle's
folder `extractors`; a file that holds a frozen feature is run whole. The second count is the control.
"""

import argparse
import json
import os
from pathlib import Path

from benchmarks.artefacts import one_core
from benchmarks.power.costs import costs_of
from benchmarks.scale.memory import LABELS, SOURCE
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.manifest import open_dataset

BUNDLES = Path(__file__).parents[2] / "runs" / "reference"
DEFAULT = ("played-dermoscopy", "played-dermoscopy-toolkit")


def frozen_costs(bundle: Path, dataset: Dataset) -> dict[str, float]:
    """Return the cost of the bundle's extractors in decodes, in process and in the sandbox."""
    sources = {path.stem: path.read_text() for path in sorted((bundle / "extractors").glob("*.py"))}
    with one_core():
        return costs_of(sources, None, dataset)


def main() -> None:
    """Print one line for each bundle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", type=Path, nargs="*", help="by default two reference runs of dermoscopy")
    parser.add_argument("--data", type=Path, default=SOURCE / "manifest.csv")
    asked = parser.parse_args()
    dataset = open_dataset(str(asked.data), LABELS)
    for bundle in asked.bundles or [BUNDLES / name / "frozen" for name in DEFAULT]:
        features = len(json.loads((bundle / "manifest.json").read_text())["features"])
        for count in ("first", "again"):
            found = frozen_costs(bundle, dataset)
            told = f"in process {found['measures']:.0f}, in the sandbox {found['sandbox']:.0f} decodes"
            print(
                f"{bundle.parent.name}, {features} features, {count}: {told} of {found['decode_ms']} ms; "
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
