"""Predict with a bundle: label, probability, and what every feature added, grouped by criterion."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.bundle import Bundle
from scafe.evals.dataset import ImageFile
from scafe.evals.frozen_set import measure_bundle
from scafe.evals.pixels import SUFFIXES
from scafe.knowledge.errors import DatasetError
from scafe.sandbox.pool import ImageAndMask, Pool

BATCH = 64
"""Images held in memory at once."""


class Share(BaseModel):
    """What one feature added to one prediction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    value: float | None = Field(
        description="in the feature's unit; none: not measurable, the median stood in"
    )
    unit: str
    log_odds: float = Field(description="added to the log-odds of the positive class")


class CriterionShare(BaseModel):
    """What one criterion added to one prediction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    criterion: str
    log_odds: float
    features: tuple[Share, ...] = Field(description="largest first")


class Prediction(BaseModel):
    """What the bundle says of one image. For research only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: str
    label: str = Field(
        description="called at the threshold that was frozen, or the likeliest of many classes"
    )
    probability: dict[str, float]
    base_log_odds: float = Field(description="log-odds before any feature speaks")
    criteria: tuple[CriterionShare, ...] = Field(description="largest first")
    missing: tuple[str, ...] = Field(description="features that could not be measured on this image")


@dataclass(frozen=True)
class Picture:
    """One image to predict."""

    name: str
    """As the caller names it: relative to folder or manifest."""
    file: ImageFile

    def load(self) -> ImageAndMask:
        """Decode image and mask."""
        return self.file.read(self.name)[0]


def predict(bundle: Bundle, pictures: Sequence[Picture], pool: Pool) -> tuple[Prediction, ...]:
    """Predict images, in order; extractors run in the sandbox.

    Raises
    ------
    DatasetError
        An image cannot be read (named).
    SandboxError
        The sandbox itself fails.
    """
    found: list[Prediction] = []
    for start in range(0, len(pictures), BATCH):
        batch = pictures[start : start + BATCH]
        rows = measure_bundle(bundle, pool, [one.load() for one in batch])
        found += explain(bundle, [one.name for one in batch], rows)
    return tuple(found)


def explain(bundle: Bundle, names: Sequence[str], rows: NDArray[np.float64]) -> list[Prediction]:
    """Turn rows of features into predictions with the share of every criterion."""
    classifier, manifest = bundle.classifier, bundle.manifest
    chances, shares = classifier.probabilities(rows), classifier.contributions(rows)
    positive = classifier.decision(rows) - shares.sum(axis=1)
    labels = _called(chances, manifest.classes, manifest.threshold)
    return [
        Prediction(
            image=name,
            label=labels[place],
            probability={one: _short(chances[place, n]) for n, one in enumerate(manifest.classes)},
            base_log_odds=_short(positive[place]),
            criteria=_by_criterion(bundle, rows[place], shares[place]),
            missing=tuple(
                c for c, value in zip(manifest.columns, rows[place], strict=True) if np.isnan(value)
            ),
        )
        for place, name in enumerate(names)
    ]


def find_pictures(path: str | Path) -> tuple[Picture, ...]:
    """Find images to predict: one file, a folder (with its subfolders), or a CSV with a column `path`.

    In a folder `x_mask.png` is the mask of `x.jpg`; in a CSV the column `mask` names it. Labels, if there
    are any, are not read.

    Raises
    ------
    DatasetError
        There is nothing to predict; the message says what was looked for.
    """
    root = Path(path)
    if root.is_dir():
        found = _in_folder(root)
    elif root.suffix.lower() == ".csv" and root.is_file():
        found = _in_csv(root)
    elif root.suffix.lower() in SUFFIXES and root.is_file():
        found = (Picture(root.name, ImageFile(root, _mask_of(root))),)
    else:
        raise DatasetError(f"{root}: give an image, a folder of images, or a CSV with a column 'path'")
    if not found:
        raise DatasetError(f"{root}: holds no image ({', '.join(sorted(SUFFIXES))})")
    return found


def _in_folder(root: Path) -> tuple[Picture, ...]:
    files = sorted(one for one in root.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())
    pictures = [one for one in files if not one.stem.endswith("_mask")]
    return tuple(Picture(str(one.relative_to(root)), ImageFile(one, _mask_of(one))) for one in pictures)


def _in_csv(path: Path) -> tuple[Picture, ...]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if "path" not in (reader.fieldnames or ()):
            raise DatasetError(f"{path}: has no column 'path'; it has {', '.join(reader.fieldnames or ())}")
        return tuple(_of_row(path, number, row) for number, row in enumerate(reader, start=2))


def _of_row(path: Path, number: int, row: dict[str, str]) -> Picture:
    if not row["path"]:
        raise DatasetError(f"{path}, row {number}: the path is empty")
    mask = path.parent / row["mask"] if row.get("mask") else None
    return Picture(row["path"], ImageFile(path.parent / row["path"], mask))


def _mask_of(image: Path) -> Path | None:
    mask = image.with_name(f"{image.stem}_mask.png")
    return mask if mask.is_file() else None


def _called(chances: NDArray[np.float64], classes: tuple[str, ...], threshold: float) -> list[str]:
    if len(classes) == 2:
        return [classes[0] if one >= threshold else classes[1] for one in chances[:, 0]]
    return [classes[int(one)] for one in chances.argmax(axis=1)]


def _by_criterion(
    bundle: Bundle, row: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[CriterionShare, ...]:
    groups: dict[str, list[Share]] = {}
    for feature, value, share in zip(bundle.manifest.features, row, shares, strict=True):
        one = Share(
            feature=feature.column,
            value=None if np.isnan(value) else float(value),
            unit=feature.unit,
            log_odds=_short(share),
        )
        groups.setdefault(feature.criterion, []).append(one)
    found = [
        CriterionShare(
            criterion=criterion,
            log_odds=_short(sum(one.log_odds for one in group)),
            features=tuple(sorted(group, key=lambda one: (-abs(one.log_odds), one.feature))),
        )
        for criterion, group in groups.items()
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.log_odds), one.criterion)))


def _short(value: float) -> float:
    return round(float(value), 6)
