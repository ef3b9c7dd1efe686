"""How far drawn masks agree with the truth: `python -m benchmarks.studies.segment [--data FOLDER]`.

On phantoms, whose masks are known, and on dermoscopy images, whose masks experts drew (skipped loudly where
they are absent). Overlap is intersection over union; an image in which nothing was found counts 0.
"""

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from scafe.evals.data.segment import segment
from scafe.knowledge.phantoms import load_phantom

Bools = np.ndarray
PHANTOMS = 60


def main() -> None:
    """Print a line per kind of phantom and per diagnosis."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data/ham10000")
    options = parser.parse_args()
    for kind in ("scar", "dermoscopy"):
        phantom = load_phantom(kind)
        drawn = [phantom.draw(seed, phantom.classes[seed % 2], "plain", 256) for seed in range(PHANTOMS)]
        _tell(f"phantoms, {kind}", [_overlap(segment(one.image), one.mask) for one in drawn])
    for label, found in _real(Path(options.data)).items():
        _tell(f"dermoscopy, {label}", found)


def _real(root: Path) -> dict[str, list[float]]:
    manifest = root / "manifest.csv"
    found: dict[str, list[float]] = defaultdict(list)
    if not manifest.exists():
        print(f"SKIPPED LOUDLY: {manifest} is not here", file=sys.stderr)
        return found
    for row in csv.DictReader(manifest.open(encoding="utf-8")):
        image = np.asarray(Image.open(root / row["path"]).convert("RGB"))
        truth = np.asarray(Image.open(root / row["mask"]).convert("L")) > 127
        found[row["label"]].append(_overlap(segment(image), truth))
    return found


def _overlap(one: Bools | None, other: Bools) -> float:
    return 0.0 if one is None else float((one & other).sum() / (one | other).sum())


def _tell(what: str, found: list[float]) -> None:
    poor = np.mean(np.array(found) < 0.5)
    print(f"{what}: median overlap {np.median(found):.2f} over {len(found)} images, {poor:.0%} below .5")


if __name__ == "__main__":
    main()
