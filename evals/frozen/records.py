"""The records that a bundle's files hold: manifest, features, fingerprints, response curves."""

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.knowledge.contract.extractor import Direction
from scafe.knowledge.contract.masks import MaskMethod
from scafe.knowledge.criteria.pack import Citation

FORMAT: Literal["scafe/bundle@1"] = "scafe/bundle@1"
TOLERANCE = 1e-5
"""Largest relative difference of a feature on a phantom at which two machines with equal libraries agree."""
TOLERANCE_OTHER_LIBRARIES = 1e-3
"""The same where a library has another version. OpenCV 4.11 and 5.0 turn images with differently rounded
coordinates, which moved the asymmetry measures by up to 4.3e-4; everything else moved by less than 1e-6."""
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
    channels: tuple[str, ...] = Field(default=("R", "G", "B"), description="of every image, in order")
    segment: MaskMethod = Field(
        default="none",
        description="how masks were drawn if none was given; a prediction does the same",
    )
    scorer_sha256: str
    features: tuple[FrozenFeature, ...]
    development: Development
    fingerprints: tuple[Fingerprint, ...]
    tolerance: float = TOLERANCE
    tolerance_other_libraries: float = TOLERANCE_OTHER_LIBRARIES
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
