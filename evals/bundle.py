"""A bundle: the folder a frozen set lives in, readable by a clinician and loadable by a program.

::

    bundle/
      manifest.json               every file's hash; its own hash is the bundle's identity
      extractors/<criterion>_<sha8>.py
      classifier.skops
      responses.json              how each feature answers to each dial of the phantom
      model_card.md  cards/<feature>.md

The same run gives the same bytes: nothing here holds a date, a path of this machine or a random id.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scafe.evals.classifier import Classifier, load_classifier
from scafe.evals.zipped import zip_bytes
from scafe.knowledge.criteria import Citation
from scafe.knowledge.errors import IntegrityError
from scafe.knowledge.extractor import Direction

FORMAT: Literal["scafe/bundle@1"] = "scafe/bundle@1"
MANIFEST = "manifest.json"
CLASSIFIER = "classifier.skops"
RESPONSES = "responses.json"
TOLERANCE = 1e-5
"""Largest relative difference of a feature on a phantom at which two machines still agree."""
PACKAGES = (
    "numpy",
    "opencv-python-headless",
    "RestrictedPython",
    "scafe",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "skops",
)
"""Distributions whose version can change a feature's value or the classifier's answer."""

Found = Literal["up", "down", "unclear"]


class Record(BaseModel):
    """Frozen, closed record of the bundle's files."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PackIdentity(Record):
    """Which criteria pack the features answer to."""

    id: str
    version: str
    sha256: str = Field(description="hash of the pack as canonical JSON")


class Gain(Record):
    """What leaving a feature out costs, in AUC over fresh folds of the development part."""

    mean: float = Field(description="AUC with the feature minus AUC without it")
    low: float = Field(description="lower end of the corrected 95 % interval")
    high: float


class FrozenFeature(Record):
    """One column of the frozen set."""

    column: str = Field(description="name of the column: the feature's, with its extractor's if two share it")
    name: str = Field(description="name in the extractor")
    extractor: str = Field(description="SHA-256 of the source")
    file: str = Field(description="path of the source in the bundle")
    criterion: str
    unit: str
    range: tuple[float, float]
    meaning: str = Field(description="the formula in words")
    direction: Direction = Field(description="how it moves as the criterion grows more severe")
    predicted: Literal["up", "down", "either"] = Field(
        description="how the pack lets one expect it to differ in the positive class"
    )
    found: Found = Field(description="how it differs in the positive class, past two standard errors")
    auc: float = Field(ge=0, le=1, description="of the feature alone on the development part; .5 is nothing")
    coefficient: float = Field(description="log-odds of the positive class per standard deviation")
    sign_stability: float = Field(
        ge=0, le=1, description="share of folds in which the coefficient has the sign it has here"
    )
    gain: Gain
    citation: Citation
    lineage: tuple[str, ...] = Field(description="SHA-256 of the revisions it came from, oldest first")


class Fingerprint(Record):
    """One phantom, and what every column gave on it where the bundle was frozen."""

    seed: int
    dials: dict[str, float]
    size: int
    image_sha256: str = Field(description="over shape, pixels and mask")
    values: dict[str, float | None] = Field(description="column -> value, none if it could not be measured")


class Development(Record):
    """What the development part said. Optimistic: the features were chosen there."""

    auc: float = Field(description="mean within-fold AUC over fresh folds")
    low: float
    high: float
    sensitivity: float = Field(description="share of the positive class called so, out of fold, at threshold")
    specificity: float
    patients: dict[str, int] = Field(description="class -> patients")


class Manifest(Record):
    """What a bundle is made of; the hash of its bytes is the bundle's identity."""

    format: Literal["scafe/bundle@1"] = FORMAT
    pack: PackIdentity
    phantom: str = Field(description="kind of phantom that the fingerprints were taken on")
    classes: tuple[str, ...] = Field(description="positive first")
    threshold: float = Field(
        ge=0, le=1, description="probability of the positive class from which it is called"
    )
    penalty: float = Field(description="inverse penalty C of the ridge")
    mode: str = Field(description="feedback mode of the run: blind or gated")
    seed: int
    data_sha256: str
    scorer_sha256: str
    features: tuple[FrozenFeature, ...]
    development: Development
    fingerprints: tuple[Fingerprint, ...]
    tolerance: float = TOLERANCE
    environment: dict[str, str] = Field(description="distribution -> version")
    files: dict[str, str] = Field(description="path in the bundle -> SHA-256, but for the manifest itself")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(feature.column for feature in self.features)

    @property
    def criteria(self) -> tuple[str, ...]:
        """Criteria that have a feature, in order of first appearance."""
        return tuple(dict.fromkeys(feature.criterion for feature in self.features))


class Curve(Record):
    """How one column answers to one dial."""

    dial: str
    unit: str
    levels: tuple[float, ...]
    values: tuple[float | None, ...] = Field(description="median over the phantom's settings")
    spearman: float = Field(ge=-1, le=1)

    @property
    def span(self) -> float:
        """Largest minus smallest value; 0 if none could be measured."""
        measured = [value for value in self.values if value is not None]
        return max(measured) - min(measured) if measured else 0.0


class Responses(Record):
    """Response curves of every column: evidence about features, never about accuracy."""

    own_dial: dict[str, str] = Field(description="column -> dial of its criterion")
    curves: dict[str, tuple[Curve, ...]] = Field(description="column -> one curve per dial")

    def reaches(self, column: str) -> tuple[float, ...]:
        """Return how far each dial moves a column, as a signed share of what its own dial does, within ±1.

        A rank correlation alone makes a faint but steady side effect look as large as the effect.
        """
        curves = self.curves[column]
        own = max((one.span for one in curves if one.dial == self.own_dial[column]), default=0.0)
        return tuple(math.copysign(min(1.0, one.span / own), one.spearman) if own else 0.0 for one in curves)


@dataclass(frozen=True)
class Bundle:
    """An opened bundle, every file's hash checked."""

    folder: Path
    manifest: Manifest
    sha256: str
    """Hash of the manifest's bytes."""

    @cached_property
    def classifier(self) -> Classifier:
        """The fitted classifier."""
        return load_classifier((self.folder / CLASSIFIER).read_bytes(), str(self.folder / CLASSIFIER))

    @cached_property
    def responses(self) -> Responses:
        """Response curves on phantoms."""
        return Responses.model_validate_json((self.folder / RESPONSES).read_bytes())

    def source(self, extractor: str) -> str:
        """Source of one extractor by its SHA-256."""
        file = next(one.file for one in self.manifest.features if one.extractor == extractor)
        return (self.folder / file).read_text(encoding="utf-8")

    @property
    def extractors(self) -> tuple[str, ...]:
        """SHA-256 of the extractors, in order of first appearance."""
        return tuple(dict.fromkeys(feature.extractor for feature in self.manifest.features))


def write_bundle(folder: Path, manifest: Manifest, files: Mapping[str, bytes]) -> str:
    """Write a bundle's files, its manifest last, and a zip of all beside the folder.

    Returns
    -------
    str
        SHA-256 of the manifest: the bundle's identity.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    text = canonical_json(manifest.model_copy(update={"files": hashes}))
    for name, content in [*files.items(), (MANIFEST, text)]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    folder.with_name(folder.name + ".zip").write_bytes(zip_bytes({**files, MANIFEST: text}))
    return hashlib.sha256(text).hexdigest()


def open_bundle(folder: str | Path) -> Bundle:
    """Open a bundle and check the hash of every file.

    Raises
    ------
    IntegrityError
        A file is missing, was changed or was added (named), or the manifest is not one.
    """
    folder = Path(folder)
    text = _manifest_bytes(folder)
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise IntegrityError(_not_a_manifest(folder, error)) from None
    _check_files(folder, manifest)
    return Bundle(folder, manifest, hashlib.sha256(text).hexdigest())


def canonical_json(record: BaseModel) -> bytes:
    """Write a record as indented JSON with sorted keys."""
    data = record.model_dump(mode="json", by_alias=True)
    return (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def environment() -> dict[str, str]:
    """Return versions of what can change a value; 'absent' where a distribution is not installed."""
    return {name: _version(name) for name in PACKAGES}


def extractor_file(criterion: str, sha256: str) -> str:
    """Path of an extractor's source in a bundle."""
    return f"extractors/{criterion}_{sha256[:8]}.py"


def _manifest_bytes(folder: Path) -> bytes:
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise IntegrityError(
            f"{folder} is not a bundle: {MANIFEST} cannot be read ({error.strerror}); "
            "give the folder that `scafe freeze` wrote"
        ) from None


def _not_a_manifest(folder: Path, error: ValidationError) -> str:
    fault = error.errors()[0]
    field = ".".join(str(part) for part in fault["loc"]) or "the whole file"
    return (
        f"{folder / MANIFEST}, field {field}: {fault['msg']}; the file was changed or is of another version"
    )


def _check_files(folder: Path, manifest: Manifest) -> None:
    for name, expected in sorted(manifest.files.items()):
        found = _sha256_of(folder, name)
        if found != expected:
            raise IntegrityError(
                f"{folder / name} is not what was frozen: its SHA-256 is {found[:12]}…, the manifest says "
                f"{expected[:12]}…; take the bundle again from where it was frozen"
            )
    named = {MANIFEST, *manifest.files}
    extra = sorted(
        name
        for name in (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        if name not in named
    )
    if extra:
        raise IntegrityError(
            f"{folder / extra[0]} is not in the manifest; a bundle holds nothing else: move it"
        )


def _sha256_of(folder: Path, name: str) -> str:
    pure = PurePosixPath(name)
    path = folder / name
    if pure.is_absolute() or ".." in pure.parts or path.is_symlink():
        raise IntegrityError(f"{folder / MANIFEST} names {name}, which leads out of the bundle")
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise IntegrityError(
            f"{path} is in the manifest but cannot be read ({error.strerror}); take the bundle again"
        ) from None


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
