"""Predict with a bundle: label, probability, and what every feature added, grouped by criterion."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.companion.companion import Companion
from scafe.evals.data.dataset import Drawn
from scafe.evals.data.decoding.waves import waves
from scafe.evals.data.folders import PictureFile, mask_beside, paired, walk
from scafe.evals.data.formats import SUFFIXES, is_known, pixels_of, read_as
from scafe.evals.data.listed import (
    RGB,
    column_words,
    hidden_words,
    listed_rows,
    manifest_table,
    unknown_words,
)
from scafe.evals.data.regions.counts import Origin, RegionCounts
from scafe.evals.data.rules.reading import AS_USUAL, Reading
from scafe.evals.data.segment import Segmented
from scafe.evals.data.sources import Pixels
from scafe.evals.data.tables.columns import ColumnChoice
from scafe.evals.data.tables.table import SUFFIXES as MANIFESTS
from scafe.evals.frozen.beside.prediction import FusedPrediction, predict_fused
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.frozen.filling import fill
from scafe.evals.frozen.frozen_set import as_image, has_mask, measure_bundle
from scafe.knowledge.contract.errors import DatasetError
from scafe.knowledge.contract.inert import inert
from scafe.knowledge.contract.masks import MaskMethod
from scafe.knowledge.contract.percent import PERCENT
from scafe.sandbox.pool.pool import ImageAndMask, Pool


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
    mask: Origin | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="of a bundle with a locator: where the mask comes from",
    )
    fused: FusedPrediction | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="of a bundle with a companion that is at hand: features and companion together",
    )


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


@dataclass(frozen=True)
class Found:
    """What there is to predict."""

    pictures: tuple[Picture, ...]
    passed_over: tuple[str, ...] = ()
    """What lay there or stood in the manifest and was not read, in words."""


def predict(
    bundle: Bundle,
    pictures: Sequence[Picture],
    pool: Pool,
    mask_label: int | None = None,
    companion: Companion | None = None,
) -> tuple[Prediction, ...]:
    """Predict images, in order, all at once; as `predict_each`."""
    return tuple(predict_each(bundle, pictures, pool, mask_label, companion))


def predict_each(
    bundle: Bundle,
    pictures: Sequence[Picture],
    pool: Pool,
    mask_label: int | None = None,
    companion: Companion | None = None,
) -> Iterator[Prediction]:
    """Predict images, in order; extractors run in the sandbox, over a wave of images at a time.

    Masks and volumes are read as the bundle's run read them; `mask_label` overrides the level that counts.
    With a `companion` (see `companion_of`) each prediction has the fused score beside its own.

    Raises
    ------
    DatasetError
        An image cannot be read (named).
    SandboxError
        The sandbox itself fails.
    """
    manifest = bundle.manifest
    reading = Reading(manifest.mask_label if mask_label is None else mask_label, manifest.window)
    loaded = _Loaded(pictures, manifest.segment, reading)
    for wave in PERCENT.over(waves(loaded, range(len(pictures))), len(pictures), len):
        met = [pictures[place] for place, _ in wave]
        given = [one.has_mask or manifest.segment != "none" for one in met]
        filled = fill(bundle, pool, [one for _, one in wave], given)
        rows = measure_bundle(bundle, pool, filled.images)
        origins = filled.origins if manifest.locator else (None,) * len(wave)
        told = explain(bundle, [one.name for one in met], rows)
        beside = predict_fused(bundle, companion, rows, filled.images)
        yield from (
            one.model_copy(update={"mask": origin, "fused": fused})
            for one, origin, fused in zip(told, origins, beside, strict=True)
        )


@dataclass(frozen=True)
class _Loaded:
    """Pictures that are decoded when they are asked for."""

    pictures: Sequence[Picture]
    segment: MaskMethod
    reading: Reading

    def __getitem__(self, place: int) -> ImageAndMask:
        return self.pictures[place].load(self.segment, self.reading).locked()


def predict_images(
    bundle: Bundle, images: Sequence[Any], pool: Pool, companion: Companion | None = None
) -> tuple[Prediction, ...]:
    """Predict images that the caller holds, as `FrozenSet` takes them; named by their place.

    Where the run drew its masks or had them found, the same is done for an image that comes without.

    Raises
    ------
    DatasetError
        Something is not an image (its place is named), or no lesion was found on one.
    """
    pictures = [
        Picture(f"image {place}", Drawn(as_image(one, place)), has_mask(one))
        for place, one in enumerate(images)
    ]
    return predict(bundle, pictures, pool, companion=companion)


def mask_counts(origins: Sequence[Origin | None]) -> RegionCounts | None:
    """Count where the masks of predictions come from; None for a bundle without a locator."""
    known = [one for one in origins if one is not None]
    return RegionCounts.of(known) if known else None


def explain(bundle: Bundle, names: Sequence[str], rows: NDArray[np.float64]) -> list[Prediction]:
    """Turn rows of features into predictions with the share of every criterion."""
    classifier, manifest = bundle.deciding, bundle.manifest
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


def find_pictures(
    path: str | Path, channels: Sequence[str] = RGB, columns: ColumnChoice | None = None
) -> tuple[Picture, ...]:
    """Return the pictures of `look_for`."""
    return look_for(path, channels, columns).pictures


def look_for(path: str | Path, channels: Sequence[str] = RGB, columns: ColumnChoice | None = None) -> Found:
    """Find images to predict: one file, a folder (with its subfolders), or a manifest with a column `path`.

    Every format that a run reads, by the same readers: in a folder `x_mask.png` is the mask of `x.jpg`, in a
    manifest the column `mask` names it. Labels and patients, if there are any, are not used.

    Parameters
    ----------
    path : path
    channels : sequence of str
        Of the bundle; a manifest may have one column `path_<channel>` for each.
    columns : ColumnChoice, optional
        Columns of a manifest to pass over.

    Raises
    ------
    DatasetError
        There is nothing to predict, or something is not understood; the message says what was looked for.
    """
    root = Path(path)
    if root.is_dir():
        found = _in_folder(root)
    elif root.suffix.lower() in MANIFESTS and root.is_file():
        found = _in_manifest(root, tuple(channels), columns)
    elif root.is_file() and is_known(root):
        found = Found((_picture(PictureFile(root, mask_beside(root)), inert(root.name)),))
    else:
        raise DatasetError(
            f"{inert(str(root))}: give an image, a folder of images, or a CSV or Parquet manifest with a "
            "column 'path'"
        )
    if not found.pictures:
        raise DatasetError(f"{inert(str(root))}: holds no image ({', '.join(sorted(SUFFIXES))})")
    return found


def _in_folder(root: Path) -> Found:
    met = tuple(walk(root))
    pairs = [pair for one in met for pair in paired(one.known, inert(one.folder.name))]
    pictures = sorted((_picture(pair, _name_in(root, pair)) for pair in pairs), key=lambda one: one.name)
    hidden = hidden_words(sum(one.hidden for one in met))
    return Found(tuple(pictures), (*hidden, *unknown_words([file for one in met for file in one.unknown])))


def _name_in(root: Path, pair: PictureFile) -> str:
    return inert(str(pair.image.relative_to(root)))


def _picture(pair: PictureFile, name: str) -> Picture:
    return Picture(name, pixels_of(pair.image, pair.mask), pair.mask is not None)


def _in_manifest(path: Path, channels: tuple[str, ...], columns: ColumnChoice | None) -> Found:
    table = manifest_table(path, channels, columns)
    listed = listed_rows(path, table)
    return Found(
        tuple(Picture(one.name, one.pixels, one.mask is not None) for one in listed),
        column_words(table.ignored),
    )


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
