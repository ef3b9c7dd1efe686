"""The records that a bundle's files hold: manifest, features, fingerprints, response curves."""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.companion.note import CompanionNote
from scafe.evals.data.regions.counts import RegionCounts
from scafe.knowledge.contract.extractor import Direction
from scafe.knowledge.contract.masks import MaskMethod, WindowRule
from scafe.knowledge.criteria.pack import Citation
from scafe.sandbox.probes.ranges import Range

FORMAT: Literal["scafe/bundle@1"] = "scafe/bundle@1"
TOLERANCE = 1e-5
"""Largest relative difference of a feature on a phantom at which two machines with equal libraries agree."""
TOLERANCE_OTHER_LIBRARIES = 1e-3
"""The same where a library has another version. OpenCV 4.11 and 5.0 turn images with differently rounded
coordinates, which moved the asymmetry measures by up to 4.3e-4; everything else moved by less than 1e-6."""
Found = Literal["up", "down", "unclear"]


class Record(BaseModel):
    """Frozen, closed record of the bundle's files."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Value = Annotated[float, Field(ge=-1e30, le=1e30)]
"""A measured number; no unit of ours comes near the bounds."""
Difference = Annotated[float, Field(ge=-1e6, le=1e6)]
"""Of two AUCs, with the ends of its interval."""
Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
Column = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}(@[a-z0-9][a-z0-9_-]{0,89})?$")]
Revision = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,79}/r[0-9]{3,9})?$")]
Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+!-]{0,79}$")]
"""A distribution, or its version by PEP 440; both are printed."""
Words = Annotated[str, Field(max_length=2000)]


class PackIdentity(Record):
    """Which criteria pack the features answer to."""

    id: Words
    version: Words
    sha256: Sha256 = Field(description="hash of the pack as canonical JSON")


class Gain(Record):
    """What leaving a feature out costs, in AUC over fresh folds of the development part."""

    mean: Difference = Field(description="AUC with the feature minus AUC without it")
    low: Difference = Field(description="lower end of the corrected 95 % interval")
    high: Difference


class FrozenFeature(Record):
    """One column of the frozen set."""

    column: Column = Field(description="the feature's name; 'name@r004' where two revisions share it")
    name: Name = Field(description="name in the extractor")
    extractor: Sha256 = Field(description="SHA-256 of the source")
    revision: Revision = Field(default="", description="e.g. 'border/r004' of its run; '' in older bundles")
    file: Words = Field(description="path of the source in the bundle")
    criterion: Name
    unit: Words
    range: tuple[Value, Value]
    meaning: Words = Field(description="the formula in words")
    direction: Direction = Field(description="how it moves as there is more of the criterion")
    predicted: Literal["up", "down", "either"] = Field(
        description="how the pack lets one expect it to differ in the positive class"
    )
    found: Found = Field(description="how it differs in the positive class, past two standard errors")
    auc: float = Field(ge=0, le=1, description="of the feature alone on the development part; .5 is nothing")
    coefficient: float = Field(
        ge=-1e9, le=1e9, description="log-odds of the positive class per standard deviation"
    )
    sign_stability: float = Field(
        ge=0, le=1, description="share of folds in which the coefficient has the sign it has here"
    )
    gain: Gain
    citation: Citation
    lineage: tuple[Sha256, ...] = Field(description="SHA-256 of the revisions it came from, oldest first")


class Fingerprint(Record):
    """One phantom, and what every column gave on it where the bundle was frozen."""

    seed: int = Field(ge=0, lt=2**63)
    dials: dict[str, Value]
    size: int = Field(ge=1, le=8192, description="pixels of a side")
    image_sha256: str = Field(pattern=r"^([0-9a-f]{64})?$", description="over shape, pixels and mask")
    values: dict[str, Value | None] = Field(description="column -> value, none if it could not be measured")


class Development(Record):
    """What the development part said. Optimistic: the features were chosen there."""

    auc: Share = Field(description="mean within-fold AUC over fresh folds")
    low: Share
    high: Share
    sensitivity: Share = Field(description="share of the positive class called so, out of fold, at threshold")
    specificity: Share
    patients: dict[str, Annotated[int, Field(ge=0, lt=2**31)]] = Field(description="class -> patients")


def _is_nothing(value: object) -> bool:
    # What was not asked for is not written: bundles without it keep the bytes they always had.
    return not value


class FrozenLocator(Record):
    """What fills masks that are not given, and how many it filled when the set was developed."""

    region: Name
    sha256: Sha256 = Field(description="SHA-256 of the source")
    file: Words = Field(description="path of the source in the bundle")
    masks: RegionCounts = Field(description="where the masks of the images of the run came from")


class FrozenEnsemble(Record):
    """A random forest over the same features, and whether it decides instead of the ridge."""

    trees: int = Field(ge=1, le=100_000)
    leaf: int = Field(ge=1, le=10**6, description="fewest images in a leaf")
    auc: Share = Field(description="mean within-fold AUC on folds of the development part")
    ridge_auc: Share = Field(description="of the ridge on the same folds")
    gain: Gain = Field(description="forest minus ridge, corrected 95 % interval")
    decides: bool = Field(description="whether label, probability and headline are the forest's")
    why: Words


class FrozenCompanion(Record):
    """What is fused with the criteria features; the bundle holds the fused classifier, never the network."""

    note: CompanionNote
    numbers: int = Field(ge=1, le=8192, description="columns that the companion adds")
    penalty: float = Field(gt=0, le=1e9, description="inverse penalty C of the fused ridge")


class Manifest(Record):
    """What a bundle is made of; the hash of its bytes is the bundle's identity."""

    format: Literal["scafe/bundle@1"] = FORMAT
    pack: PackIdentity
    phantom: Words = Field(description="kind of phantom that the fingerprints were taken on")
    classes: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        min_length=2, max_length=100, description="positive first"
    )
    threshold: float = Field(
        ge=0, le=1, description="probability of the positive class from which it is called"
    )
    penalty: float = Field(gt=0, le=1e9, description="inverse penalty C of the ridge")
    prior: tuple[Annotated[int, Field(ge=-1, le=1)], ...] = Field(
        default=(),
        exclude_if=_is_nothing,
        max_length=10_000,
        description="declared sign of each column, the ridge's prior (1: higher in the positive class); "
        "none: a plain ridge",
    )
    mode: Words = Field(description="feedback mode of the run: blind or gated")
    seed: int = Field(ge=0, lt=2**63)
    data_sha256: Sha256
    channels: tuple[Words, ...] = Field(
        default=("R", "G", "B"), min_length=1, max_length=64, description="of every image, in order"
    )
    segment: MaskMethod = Field(
        default="none",
        description="how masks were drawn if none was given; a prediction does the same",
    )
    locator: FrozenLocator | None = Field(
        default=None,
        exclude_if=_is_nothing,
        description="finds masks that are not given; none: such images are measured whole",
    )
    ensemble: FrozenEnsemble | None = Field(
        default=None,
        exclude_if=_is_nothing,
        description="the forest of --classifier auto, in ensemble.skops; none: the ridge alone",
    )
    companion: FrozenCompanion | None = Field(
        default=None,
        exclude_if=_is_nothing,
        description="appearance that fused.skops joins to the features; none: there is no such classifier",
    )
    fitted: tuple[Range, ...] = Field(
        default=(), exclude_if=_is_nothing, description="how far nuisances of the probes' phantoms went"
    )
    unmasked: int = Field(
        default=0,
        ge=0,
        lt=2**31,
        exclude_if=_is_nothing,
        description="images of the run without a mask and without a locator: measured whole",
    )
    mask_label: int | None = Field(
        default=None,
        ge=0,
        le=2**31,
        description="the level of masks that marked the lesion; a prediction takes the same",
    )
    window: WindowRule = Field(
        default="volume@1",  # of bundles from before there was a choice
        description="how values of volumes became grey levels; a prediction does the same",
    )
    ignore_columns: tuple[Words, ...] = Field(
        default=(), exclude_if=_is_nothing, description="columns of a manifest to pass over, as the run did"
    )
    patient_column: Words | None = Field(
        default=None, exclude_if=_is_nothing, description="column that names the patient; none: patient_id"
    )
    scorer_sha256: Sha256
    features: tuple[FrozenFeature, ...] = Field(min_length=1, max_length=1000)
    development: Development
    fingerprints: tuple[Fingerprint, ...] = Field(max_length=100)
    tolerance: float = Field(default=TOLERANCE, ge=0, le=TOLERANCE)
    tolerance_other_libraries: float = Field(
        default=TOLERANCE_OTHER_LIBRARIES, ge=0, le=TOLERANCE_OTHER_LIBRARIES
    )
    environment: dict[Version, Version] = Field(max_length=100, description="distribution -> version")
    files: dict[str, Sha256] = Field(description="path in the bundle -> SHA-256, but for the manifest itself")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(feature.column for feature in self.features)

    @property
    def masks_told(self) -> str:
        """Where the masks came from, in words."""
        if self.locator is not None:
            return f"{self.locator.masks} ({self.locator.file}, region {self.locator.region})"
        if self.unmasked:
            return f"none on {self.unmasked} images, which were measured whole"
        return "as given" if self.segment == "none" else f"that {self.segment} drew (none was given)"

    @property
    def forest(self) -> FrozenEnsemble | None:
        """The forest, if it decides."""
        return self.ensemble if self.ensemble is not None and self.ensemble.decides else None

    @property
    def criteria(self) -> tuple[str, ...]:
        """Criteria that have a feature, in order of first appearance."""
        return tuple(dict.fromkeys(feature.criterion for feature in self.features))


class Curve(Record):
    """How one column answers to one dial."""

    dial: Words
    unit: Words
    levels: tuple[Value, ...]
    values: tuple[Value | None, ...] = Field(description="median over the phantom's settings")
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
