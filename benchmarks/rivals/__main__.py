"""The reference measures of dermoscopy beside their ten-line rivals.

    python -m benchmarks.rivals [--data ../shared/data] [--scores MANIFEST]

Prints for each criterion of dermoscopy: how far each feature and the rival follow the criterion's dial on
phantoms (Spearman), how they tell melanoma from naevus (AUC) on the development half of HAM10000's patients
(those whose hash is even), the same with the lesion's size held (partial Spearman), and how they follow size.
With --scores, a manifest with path, mask and a numeric column named as a criterion: agreement with experts
(Spearman) instead, and the rank of the best own feature among the features of all criteria. A feature that is
claimed to fall counts with its sign turned.
"""

import argparse
import csv
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import rankdata, spearmanr

from benchmarks.artefacts import function_of, one_image
from benchmarks.power.sets import measures_of
from benchmarks.rivals.dermoscopy import RIVALS
from scafe.evals.scoring.stats import auc
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.knowledge.criteria.pack import load_pack
from scafe.knowledge.phantoms import load_phantom

Floats = NDArray[np.float64]
PACKS = ("dermoscopy.abcd", "dermoscopy.seven_point", "dermoscopy.menzies")
LEVELS = 6
SEEDS = (11, 12, 13)


@dataclass(frozen=True)
class Table:
    """Values of features and rivals on some images."""

    values: dict[str, Floats]
    """By the feature's name, or 'rival of CRITERION'; NaN where not measurable."""
    criterion: dict[str, str]
    """Which criterion each belongs to."""
    area: Floats
    """Share of the frame that the region covers."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data", help="folder of the sets")
    parser.add_argument("--scores", help="manifest with experts' scores: path, mask, a column per criterion")
    options = parser.parse_args()
    manifest = Path(options.scores) if options.scores else Path(options.data) / "ham10000" / "manifest.csv"
    if not manifest.exists():
        print(f"SKIPPED LOUDLY: {manifest} is not here", file=sys.stderr)
        return
    with manifest.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if options.scores:
        _tell_scores(rows, measured(_read(manifest.parent, rows)))
        return
    rows = [row for row in rows if row["label"] in ("mel", "nv") and is_development(row["patient_id"])]
    _tell_classes(measured(_read(manifest.parent, rows)), np.array([row["label"] == "mel" for row in rows]))


def is_development(patient: str) -> bool:
    """Say whether choices may look at a patient: those whose hash is even."""
    return int(hashlib.sha256(patient.encode()).hexdigest(), 16) % 2 == 0


def held(one: Floats, other: Floats, size: Floats) -> float:
    """Return Spearman's partial correlation of two variables with a third held."""
    seen = np.isfinite(one) & np.isfinite(other)
    if seen.sum() < 4:
        return float("nan")
    ranks = [rankdata(values[seen]) for values in (one, other, size)]
    (_, ab, ac), (_, _, bc), _ = np.corrcoef(ranks)
    return float((ab - ac * bc) / np.sqrt(max(1e-12, (1 - ac**2) * (1 - bc**2))))


def measured(pairs: list[tuple[NDArray[np.uint8], NDArray[np.bool_]]]) -> Table:
    """Run every measure and every rival on images, in this process."""
    values: dict[str, list[float]] = {}
    criterion: dict[str, str] = {}
    found = [
        (parse_extractor(text), function_of(text, "extract")) for text in measures_of("dermoscopy").values()
    ]
    for image, mask in pairs:
        with one_image(image, mask):
            for extractor, extract in found:
                falls = {one.name for one in extractor.features if one.direction == "down"}
                for name, value in extract(image, mask).items():
                    sign = -1 if name in falls else 1
                    values.setdefault(name, []).append(sign * value)
                    criterion[name] = extractor.criterion
        for name, rival in RIVALS.items():
            values.setdefault(f"rival of {name}", []).append(rival(image, mask))
            criterion[f"rival of {name}"] = name
    area = np.array([mask.mean() for _, mask in pairs])
    return Table({name: np.array(one) for name, one in values.items()}, criterion, area)


def _read(root: Path, rows: list[dict[str, str]]) -> list[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    return [
        (
            np.array(Image.open(root / row["path"]).convert("RGB")),
            np.array(Image.open(root / row["mask"]).convert("L")) > 127,
        )
        for row in rows
    ]


def _dial_rhos(criteria: set[str]) -> dict[str, float]:
    """Median Spearman of each feature and rival with its criterion's dial on phantoms."""
    phantom = load_phantom("dermoscopy")
    dials = {one.id: one.dial for name in PACKS for one in load_pack(name).observable_criteria}
    rhos: dict[str, list[float]] = {}
    for criterion in sorted(criteria & set(dials)):
        dial = next(one for one in phantom.dials if one.name == dials[criterion])
        levels = np.linspace(dial.low, dial.high, LEVELS)
        for seed in SEEDS:
            drawn = [phantom.render(seed, {dial.name: float(x)}, None, 192) for x in levels]
            table = measured([(one.image.copy(), one.mask.copy()) for one in drawn])
            for name, values in table.values.items():
                if table.criterion[name] == criterion:
                    rhos.setdefault(name, []).append(_rho(levels, values))
    return {name: float(np.median(one)) for name, one in rhos.items()}


def _rho(one: Floats, other: Floats) -> float:
    seen = np.isfinite(one) & np.isfinite(other)
    spread = seen.sum() >= 3 and np.ptp(one[seen]) > 0 and np.ptp(other[seen]) > 0
    return float(spearmanr(one[seen], other[seen]).statistic) if spread else 0.0


def _tell_classes(table: Table, is_positive: NDArray[np.bool_]) -> None:
    dials = _dial_rhos(set(table.criterion.values()))
    print(f"{is_positive.sum()} mel, {(~is_positive).sum()} nv, development half; phantoms at 192 pixels")
    print(f"{'criterion':18s} {'feature':28s} {'dial':>6s} {'AUC':>6s} {'size held':>10s} {'with size':>10s}")
    for name in sorted(table.values, key=lambda one: (table.criterion[one], one.startswith("rival"))):
        values = table.values[name]
        seen = np.isfinite(values)
        print(
            f"{table.criterion[name]:18s} {name:28s} {dials.get(name, float('nan')):+6.2f} "
            f"{auc(values[seen], is_positive[seen]):6.2f} "
            f"{held(values, is_positive.astype(float), table.area):+10.2f} {_rho(values, table.area):+10.2f}"
        )


def _tell_scores(rows: list[dict[str, str]], table: Table) -> None:
    print(f"{'criterion':18s} {'feature':28s} {'rho':>6s} {'size held':>10s} rank among all")
    for criterion in sorted({*table.criterion.values()} & {*rows[0]}):
        scores = np.array([float(row[criterion] or "nan") for row in rows])
        rhos = {name: _rho(values, scores) for name, values in table.values.items()}
        order = sorted((name for name in rhos if not name.startswith("rival")), key=lambda one: -rhos[one])
        for name in (one for one in rhos if table.criterion[one] == criterion):
            rank = "" if name.startswith("rival") else f"{order.index(name) + 1} of {len(order)}"
            partial = held(table.values[name], scores, table.area)
            print(f"{criterion:18s} {name:28s} {rhos[name]:+6.2f} {partial:+10.2f} {rank}")


if __name__ == "__main__":
    main()
