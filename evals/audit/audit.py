"""What is wrong with a dataset before anything is measured on it: `scafe data check`.

Counts, sizes, duplicates across patients and classes, what gives the label away without the lesion,
skin tones. Read by the person who owns the data; no model is given any of it.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, computed_field

from scafe.evals.audit.duplicates import Pair
from scafe.evals.audit.looks import Looks
from scafe.evals.audit.outlines import outline_warnings
from scafe.evals.audit.shortcuts import SHORTCUTS, says_nothing
from scafe.evals.audit.skin_tone import GROUPS, has_skin
from scafe.evals.data.attributes import Standing
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.matrix import attributes
from scafe.evals.scoring.feedback import plan_feedback
from scafe.evals.scoring.score import Task, cross_validate
from scafe.evals.scoring.splits import make_folds, split_patients
from scafe.knowledge.contract.masks import MaskMethod
from scafe.knowledge.criteria.pack import CriteriaPack

Floats = NDArray[np.float64]

LEAKS = 0.65
"""AUC of a shortcut alone from which it is called a leak."""
WARN_REPEATS = 4


class Record(BaseModel):
    """Frozen, closed record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassCount(Record):
    """How much there is of one class."""

    label: str
    images: int
    patients: int
    most_images_of_a_patient: int


class Duplicate(Record):
    """Two rows that show the same picture."""

    first: str = Field(description="row and file")
    second: str
    kind: Literal["exact", "perceptual"]
    across: tuple[str, ...] = Field(description="what they differ in: patient, class, part")


class Leak(Record):
    """How well the label is told without the lesion."""

    shortcut: str
    reads: str
    auc: float | None = Field(description="cross-validated; none: it is the same for every image")
    is_leak: bool


class Tone(Record):
    """Patients of one group of skin tone, by class."""

    group: str
    patients: dict[str, int]


class Met(Record):
    """An attribute of a file format that images of the data set had: a row of docs/formats.md."""

    format: str
    name: str
    standing: Standing
    what: str
    images: int


class Audit(Record):
    """Everything `scafe data check` says."""

    classes: tuple[ClassCount, ...]
    left_out: int = Field(description="rows of other classes")
    passed_over: tuple[str, ...] = Field(
        default=(), description="files and columns that were not read, in words"
    )
    experts: tuple[str, ...] = Field(
        default=(), description="criteria with experts' scores, and how many raters gave them"
    )
    has_masks: bool
    lacking: tuple[int, int] = Field(default=(0, 0), description="images without a mask, of how many")
    region: str | None = Field(default=None, description="what the pack's locator finds where a mask lacks")
    segmented: MaskMethod = "none"
    width: tuple[int, int, int] = Field(description="smallest, median, largest, in pixels")
    height: tuple[int, int, int]
    mode: str
    queries: int
    sealed_patients: int
    dev_patients: int
    duplicates: tuple[Duplicate, ...]
    leaks: tuple[Leak, ...]
    tones: tuple[Tone, ...] = Field(description="empty where the pack has no skin or the data no masks")
    formats: tuple[Met, ...] = Field(default=(), description="attributes that the files had")
    warnings: tuple[str, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def masks(self) -> str:
        """Where the masks come from, in words."""
        if self.segmented != "none":
            return f"none given, drawn by {self.segmented}"
        if self.has_masks:
            return "given"
        without, images = self.lacking
        given = f"given for {images - without} of {images} images" if without < images else "none"
        if self.region is None:
            return f"{given}, the whole image is measured"
        return f"{given}; a run finds the {self.region} (--locator none measures the whole image)"

    @property
    def is_clean(self) -> bool:
        """Whether nothing needs a person's look."""
        return not self.warnings


def audit_dataset(
    dataset: Dataset, pack: CriteriaPack | None = None, seed: int = 0, looks: Looks | None = None
) -> Audit:
    """Look a dataset over.

    Parameters
    ----------
    dataset : Dataset
        Read through already: what cannot be read, or a patient with two labels, was an error there.
    pack : CriteriaPack, optional
        Tells whether there is skin, and where.
    seed : int
        The run's; decides who would be sealed.
    looks : Looks, optional
        At every image, taken while the dataset was opened; none given: every image is loaded again.
    """
    if looks is None:
        looks = Looks(pack).take_all(dataset.images(range(len(dataset))))
    patients = dataset.patients
    split = split_patients(patients, dataset.labels, seed)
    dev, sealed = ({patients[i] for i in part} for part in (split.dev, split.sealed))
    plan = plan_feedback("auto", len(dev), split.is_sealed)
    found = Audit(
        classes=tuple(_count(dataset, label) for label in dataset.classes),
        left_out=dataset.left_out,
        passed_over=dataset.passed_over,
        has_masks=dataset.has_masks,
        lacking=(dataset.unmasked, len(dataset)),
        region=None if pack is None else pack.region,
        segmented=dataset.segmented,
        width=_spread(looks.widths),
        height=_spread(looks.heights),
        mode=plan.mode,
        queries=plan.queries,
        sealed_patients=len(sealed),
        dev_patients=len(dev),
        duplicates=tuple(_duplicate(dataset, set(split.sealed), one) for one in looks.thumbnails.pairs()),
        leaks=_leaks(dataset, looks, seed),
        tones=_tones(dataset, looks.tones)
        if pack is not None and has_skin(pack) and dataset.has_masks
        else (),
        formats=_formats(dataset),
        warnings=(),
    )
    said = (*_warnings(found), *outline_warnings(dataset, looks.odd))
    return found.model_copy(update={"warnings": said})


def _formats(dataset: Dataset) -> tuple[Met, ...]:
    return tuple(
        Met(format=row.format, name=row.name, standing=row.standing, what=row.what, images=dataset.met[row])
        for row in attributes()
        if row in dataset.met
    )


def _duplicate(dataset: Dataset, sealed: set[int], pair: Pair) -> Duplicate:
    one, other = dataset.items[pair.first], dataset.items[pair.second]
    differs = {
        "patient": one.patient != other.patient,
        "class": one.label != other.label,
        "part": (pair.first in sealed) != (pair.second in sealed),
    }
    return Duplicate(
        first=one.where,
        second=other.where,
        kind="exact" if pair.is_exact else "perceptual",
        across=tuple(name for name, is_so in differs.items() if is_so),
    )


def _count(dataset: Dataset, label: str) -> ClassCount:
    per_patient = Counter(item.patient for item in dataset.items if item.label == label)
    return ClassCount(
        label=label,
        images=sum(per_patient.values()),
        patients=len(per_patient),
        most_images_of_a_patient=max(per_patient.values()),
    )


def _spread(values: Sequence[int]) -> tuple[int, int, int]:
    return min(values), int(np.median(values)), max(values)


def _leaks(dataset: Dataset, looks: Looks, seed: int) -> tuple[Leak, ...]:
    rows = looks.shortcuts()
    reads = {name: reading for name, (reading, _) in SHORTCUTS.items()}
    bytes_of = _file_bytes(dataset, looks.pixels())
    if bytes_of is not None:
        rows, reads = (
            {**rows, "file size": bytes_of},
            {**reads, "file size": "bytes of the file, and per pixel"},
        )
    places = np.array([dataset.classes.index(label) for label in dataset.labels], dtype=np.int64)
    target = 1 - places if len(dataset.classes) == 2 else places
    task = Task(target, dataset.patients, len(dataset.classes))
    ids = range(len(dataset))
    folds = make_folds(ids, dataset.patients, dataset.labels, seed, "audit", n_repeats=WARN_REPEATS)
    found = []
    for name, some in rows.items():
        auc = None if says_nothing(some) else round(cross_validate(some, task, folds).auc, 3)
        found.append(
            Leak(shortcut=name, reads=reads[name], auc=auc, is_leak=auc is not None and auc >= LEAKS)
        )
    return tuple(found)


def _file_bytes(dataset: Dataset, pixels: NDArray[np.int64]) -> Floats | None:
    paths = [getattr(item.pixels, "image", None) for item in dataset.items]
    if not all(isinstance(path, Path) for path in paths):
        return None
    sizes = np.array([path.stat().st_size for path in paths if isinstance(path, Path)], dtype=np.float64)
    return np.stack([np.log(np.maximum(sizes, 1)), sizes / pixels], axis=1)


def _tones(dataset: Dataset, angles: Sequence[float]) -> tuple[Tone, ...]:
    by_patient: dict[tuple[str, str], list[float]] = {}
    for item, angle in zip(dataset.items, angles, strict=True):
        if np.isfinite(angle):
            by_patient.setdefault((item.label, item.patient), []).append(angle)
    counts: Counter[tuple[str, str]] = Counter()
    for (label, _), found in by_patient.items():
        group = next(name for name, upper in GROUPS if float(np.median(found)) < upper)
        counts[group, label] += 1
    return tuple(
        Tone(group=name, patients={label: counts[name, label] for label in dataset.classes})
        for name, _ in GROUPS
        if any(counts[name, label] for label in dataset.classes)
    )


def _warnings(audit: Audit) -> list[str]:
    return [
        *_duplicate_warnings(audit),
        *_leak_warnings(audit),
        *_size_warnings(audit),
        *_tone_warnings(audit),
    ]


def _duplicate_warnings(audit: Audit) -> list[str]:
    serious = [one for one in audit.duplicates if "patient" in one.across]
    if not serious:
        return []
    one = next((d for d in serious if "class" in d.across), serious[0])
    return [
        f"{len(serious)} pair(s) of rows show the same picture under different patients (e.g. {one.first} "
        f"and {one.second}); give them one patient_id, or leave one of each pair out"
    ]


def _leak_warnings(audit: Audit) -> list[str]:
    return [
        f"{one.shortcut} alone reaches AUC {one.auc:.2f} ({one.reads}); a feature that reads it looks "
        "clinical and is not: make the classes alike in it, or read the shortcut table before any headline"
        for one in audit.leaks
        if one.is_leak and one.auc is not None
    ]


def _size_warnings(audit: Audit) -> list[str]:
    if audit.sealed_patients:
        return []
    fewest = min(audit.classes, key=lambda one: one.patients)
    return [
        f"class {fewest.label!r} has {fewest.patients} patients, too few for a held-out test set (80 are "
        "enough): no label will steer the search, and the result is one cross-validation"
    ]


def _tone_warnings(audit: Audit) -> list[str]:
    totals = {tone.group: sum(tone.patients.values()) for tone in audit.tones}
    everyone = sum(totals.values())
    darker = sum(number for name, number in totals.items() if name.startswith(("dark", "brown")))
    if not everyone or darker >= 0.1 * everyone:
        return []
    return ["fewer than one patient in ten has brown or dark skin; nothing can be said of it from this data"]
