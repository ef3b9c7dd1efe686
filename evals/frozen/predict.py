"""Predict with a bundle: label, probability, and what every feature added, grouped by criterion."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.data.dataset import Drawn
from scafe.evals.data.formats import SUFFIXES, channels_of, is_known, pixels_of, read_as, stem_of
from scafe.evals.data.rules.reading import AS_USUAL, Reading
from scafe.evals.data.segment import Segmented
from scafe.evals.data.sources import Pixels
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.frozen.frozen_set import as_image, measure_bundle
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.masks import MaskMethod
from scafe.sandbox.pool.pool import ImageAndMask, Pool

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
    pixels: Pixels
    has_mask: bool = False

    def load(self, segment: MaskMethod = "none", reading: Reading = AS_USUAL) -> ImageAndMask:
        """Decode image and mask; draw a mask where there is none and the bundle's run drew its own."""
        drawn = segment != "none" and not self.has_mask
        pixels = read_as(self.pixels, reading)
        return (Segmented(pixels) if drawn else pixels).read(self.name).pair


def predict(
    bundle: Bundle, pictures: Sequence[Picture], pool: Pool, mask_label: int | None = None
) -> tuple[Prediction, ...]:
    """Predict images, in order; extractors run in the sandbox.

    Masks and volumes are read as the bundle's run read them; `mask_label` overrides the level that counts.

    Raises
    ------
    DatasetError
        An image cannot be read (named).
    SandboxError
        The sandbox itself fails.
    """
    manifest = bundle.manifest
    reading = Reading(manifest.mask_label if mask_label is None else mask_label, manifest.window)
    found: list[Prediction] = []
    for start in range(0, len(pictures), BATCH):
        batch = pictures[start : start + BATCH]
        rows = measure_bundle(bundle, pool, [one.load(manifest.segment, reading) for one in batch])
        found += explain(bundle, [one.name for one in batch], rows)
    return tuple(found)


def predict_images(bundle: Bundle, images: Sequence[Any], pool: Pool) -> tuple[Prediction, ...]:
    """Predict images that the caller holds, as `FrozenSet` takes them; named by their place.

    Where the run drew its masks, one is drawn for an image that comes without.

    Raises
    ------
    DatasetError
        Something is not an image (its place is named), or no lesion was found on one.
    """
    pictures = [
        Picture(f"image {place}", Drawn(as_image(one, place)), isinstance(one, (ImageAndMask, tuple)))
        for place, one in enumerate(images)
    ]
    return predict(bundle, pictures, pool)


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


def find_pictures(path: str | Path, channels: Sequence[str] = ()) -> tuple[Picture, ...]:
    """Find images to predict: one file, a folder (with its subfolders), or a CSV with a column `path`.

    Every format that a run reads. In a folder `x_mask.png` is the mask of `x.jpg`; in a CSV the column `mask`
    names it. Labels, if there are any, are not read.

    Parameters
    ----------
    path : path
    channels : sequence of str
        Of the bundle; a CSV may have one column `path_<channel>` for each.

    Raises
    ------
    DatasetError
        There is nothing to predict; the message says what was looked for.
    """
    root = Path(path)
    if root.is_dir():
        found = _in_folder(root)
    elif root.suffix.lower() == ".csv" and root.is_file():
        found = _in_csv(root, tuple(channels))
    elif root.is_file() and is_known(root):
        found = (_picture(root, root.name),)
    else:
        raise DatasetError(f"{root}: give an image, a folder of images, or a CSV with a column 'path'")
    if not found:
        raise DatasetError(f"{root}: holds no image ({', '.join(sorted(SUFFIXES))})")
    return found


def _in_folder(root: Path) -> tuple[Picture, ...]:
    files = sorted(one for one in root.rglob("*") if one.is_file() and is_known(one))
    pictures = [one for one in files if not stem_of(one).endswith("_mask")]
    return tuple(_picture(one, str(one.relative_to(root))) for one in pictures)


def _picture(image: Path, name: str) -> Picture:
    mask = image.with_name(f"{stem_of(image)}_mask.png")
    return Picture(name, pixels_of(image, mask if mask.is_file() else None), mask.is_file())


def _in_csv(path: Path, channels: tuple[str, ...]) -> tuple[Picture, ...]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        names = tuple(reader.fieldnames or ())
        columns = tuple(f"path_{channel}" for channel in channels)
        if "path" not in names and not (columns and set(columns) <= set(names)):
            raise DatasetError(f"{path}: has no column 'path'; it has {', '.join(names)}")
        wanted = ("path",) if "path" in names else columns
        return tuple(_of_row(path, number, row, wanted) for number, row in enumerate(reader, start=2))


def _of_row(path: Path, number: int, row: dict[str, str], columns: tuple[str, ...]) -> Picture:
    empty = next((column for column in columns if not row[column]), None)
    if empty:
        raise DatasetError(f"{path}, row {number}: the path is empty (column {empty!r})")
    mask = path.parent / row["mask"] if row.get("mask") else None
    files = [path.parent / row[column] for column in columns]
    channels = [column.removeprefix("path_") for column in columns]
    pixels = pixels_of(files[0], mask) if columns == ("path",) else channels_of(channels, files, mask)
    return Picture(row[columns[0]], pixels, mask is not None)


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
