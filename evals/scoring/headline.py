"""What the opened seal said: everything that the report shows of patients, as aggregates.

For people only. No record here holds a value of one patient, and none is ever part of a brief.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Record(BaseModel):
    """Frozen, closed record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(Record):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class Score(Record):
    """How well one set of features tells the classes apart."""

    name: str = Field(description="ScaFE, or the peer")
    features: int
    auc: Estimate
    brier: float = Field(description="mean squared error of the probabilities; 0 is perfect")
    brier_skill: float = Field(description="1 - Brier / Brier of the class shares of the development part")
    roc: tuple[tuple[float, float], ...] = Field(
        description="(1 - specificity, sensitivity) of the positive class"
    )


class Difference(Record):
    """ScaFE minus a peer on the same patients."""

    auc: Estimate
    p: float | None = Field(description="two-sided, DeLong; none where the interval is resampled")
    method: str


class Cut(Record):
    """What is called at the threshold that the development part fixed."""

    threshold: float
    confusion: dict[str, dict[str, int]] = Field(description="true class -> called class -> patients")
    recall: dict[str, float] = Field(description="class -> share called right")
    balanced_accuracy: float
    accuracy: float
    majority: float = Field(description="accuracy of always calling the most frequent class")


class CalibrationBin(Record):
    """Patients of neighbouring probability."""

    patients: int
    predicted: float
    observed: float


class Calibration(Record):
    """Whether a probability of .7 means seven of ten."""

    intercept: float | None = Field(description="calibration in the large; 0 is perfect")
    slope: float | None = Field(description="1 is perfect, below 1 overconfident")
    bins: tuple[CalibrationBin, ...] = Field(description="equal mass; empty below 50 patients")


class NetBenefit(Record):
    """Net benefit of calling at one probability."""

    threshold: float
    model: float
    baseline: float
    treat_all: float


class Permuted(Record):
    """The same pipeline on labels that mean nothing."""

    auc: float = Field(description="mean over the draws")
    low: float = Field(description="smallest draw")
    high: float = Field(description="largest draw")
    draws: int
    p: float = Field(description="share of label permutations that score as high as the headline")


class Control(Record):
    """One null control."""

    name: Literal["copy", "noise", "permuted"]
    what: str
    result: str
    passed: bool


class Controls(Record):
    """The null controls, and what they say of the claim."""

    items: tuple[Control, ...]
    noise_floor: float = Field(
        description="AUC that pure noise gains: 95th percentile over the noise features"
    )

    @property
    def voids(self) -> tuple[Control, ...]:
        """Controls that the claim does not survive."""
        return tuple(one for one in self.items if not one.passed)


class Shortcut(Record):
    """What an image property that means nothing clinically gives alone."""

    name: str
    what: str
    auc: Estimate


class Subgroup(Record):
    """One group of patients."""

    name: str
    patients: dict[str, int]
    auc: Estimate | None = Field(description="none where a class has fewer than ten patients")


class LearningPoint(Record):
    """Score after fitting on so many patients of each class."""

    patients_per_class: int
    labels_touched: int = Field(description="patients whose label any feedback, selection or fit has used")
    draws: int
    auc: float = Field(description="mean over draws")
    sd: float
    baseline_auc: float
    baseline_sd: float
    difference: float
    difference_sd: float


class Second(Record):
    """The classifier that does not decide, on the same patients, beside the one that does."""

    decides: str = Field(description="the classifier of the headline")
    name: str
    auc: Estimate
    difference: Difference = Field(description="the deciding one minus this one")
    why: str = Field(description="how the choice came out on the development part")
    shares: dict[str, dict[str, float]] = Field(
        description="classifier -> criterion -> share of what moves the log-odds from image to image"
    )


class Beside(Record):
    """Criteria features and a companion under one ridge, on the same patients. Never the headline."""

    companion: str = Field(description="what it is and where it looks")
    numbers: int = Field(description="columns of the companion")
    alone: Estimate = Field(description="AUC of the companion alone")
    fused: Estimate = Field(description="AUC of both")
    over_criteria: Difference = Field(description="both minus the criteria features alone")
    over_companion: Difference = Field(description="both minus the companion alone")
    shares: dict[str, float] = Field(
        description="criteria, appearance -> share of what moves the log-odds from image to image"
    )
    criteria: dict[str, float] = Field(description="criterion -> its part of the criteria's share")


class Headline(Record):
    """The record of one opening: the number that may be quoted, and everything beside it."""

    format: Literal["scafe/headline@1"] = "scafe/headline@1"
    bundle: str = Field(description="hash of the bundle that was scored")
    data_sha256: str
    scorer_sha256: str
    sealed: bool = Field(description="false: too small to seal; cross-validation in blind mode")
    method: str = Field(description="how the headline was taken, in words")
    classes: tuple[str, ...] = Field(description="positive first")
    patients: dict[str, int] = Field(description="class -> patients that the headline rests on")
    images: int
    model: Score
    baseline: Score
    difference: Difference
    permuted: Permuted
    cut: Cut
    calibration: Calibration
    net_benefit: tuple[NetBenefit, ...]
    controls: Controls
    shortcuts: tuple[Shortcut, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    learning: tuple[LearningPoint, ...] = ()
    second: Second | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="the other classifier, if the run could choose",
    )
    beside: Beside | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="the companion, if the run had one",
    )
