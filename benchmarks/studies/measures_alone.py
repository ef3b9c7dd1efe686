"""What each reference measure alone makes of real images.

Run with `python -m benchmarks.studies.measures_alone [--only SET]`. Printed for every feature of a pack's
measures: in how many images it is missing, and its AUC for the first class against the second on the images
where it is not (.5: no difference; below: higher in the second).
Labels of every patient are looked at, so nothing here may steer a search. Sets of more than two classes show
the missing share only. A set that is not there is skipped, loudly.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.studies.real_images import SETS, RealSet, of_one_label
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.manifest import open_dataset
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.measures import measure_source
from scafe.sandbox.pool.pool import Pool


def main() -> None:
    """Print one table per set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--only", action="append", help="only this set; may be repeated")
    options = parser.parse_args()
    with Pool(2) as pool:
        for one in SETS:
            if not options.only or one.folder in options.only:
                _tell(one, Path(options.data), pool)


def _tell(one: RealSet, data: Path, pool: Pool) -> None:
    manifest = data / one.folder / "manifest.csv"
    if not manifest.exists():
        print(f"SKIPPED LOUDLY: {manifest} is not here", file=sys.stderr)
        return
    pack = load_pack(one.pack)
    with tempfile.TemporaryDirectory() as folder:
        table, _ = of_one_label(manifest, Path(folder))
        dataset = open_dataset(str(table), one.labels, pack.classes, pack.modality.channels)
    print(f"{one.folder}: {len(dataset.items)} images, {' against '.join(dataset.classes)}")
    names = {proxy.measure for found in pack.observable_criteria for proxy in found.proxies if proxy.measure}
    for name in sorted(names):
        _tell_measure(name, dataset, pool)


def _tell_measure(name: str, dataset: Dataset, pool: Pool) -> None:
    images = [dataset.load(index) for index in range(len(dataset.items))]
    found = pool.extract(measure_source(name), images)
    is_first = np.array([one.label == dataset.classes[0] for one in dataset.items])
    for feature, values in zip(found.names, found.rows.T, strict=True):
        seen = np.isfinite(values)
        auc = (
            f"{roc_auc_score(is_first[seen], values[seen]):.3f}" if _is_pair(dataset, is_first[seen]) else "·"
        )
        print(f"  {name:28s} {feature:28s} missing {1 - seen.mean():4.0%}   AUC {auc}")


def _is_pair(dataset: Dataset, is_first: np.ndarray) -> bool:
    return len(dataset.classes) == 2 and 0 < is_first.sum() < len(is_first)


if __name__ == "__main__":
    main()
