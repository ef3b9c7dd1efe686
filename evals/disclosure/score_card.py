"""What may leave the layer that holds patients: bands, counted, from an allow-list.

Schema and reasons: exact univariate AUCs give the labels away and exact missing rates a thumbnail,
so everything comes in bands (`bands` beside this file), strength only past 2.8 standard errors and once
per source, and what the labels have told is counted (`ledger`). Records alone: the process that holds a
model client reads them without loading a statistics library.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.scoring.feedback import FeedbackMode

__all__ = ["DisclosedFeature", "FeedbackMode", "LocatorCard", "LocatorChoice", "LocatorFacts", "ScoreCard"]

ShareBand = Literal["0-20%", "20-80%", "80-100%"]
DiceBand = Literal["<.5", ".5-.75", ".75-.9", ">=.9", "unknown"]
AreaBand = Literal["<3%", "3-15%", "15-50%", ">50%", "unknown"]
Third = Literal["first", "middle", "last", "unknown"]
Chosen = Literal["reference", "draft", "own"]
"""reference: as it ships · draft: drafted in the run · own: a person's file."""
Why = Literal[
    "agrees most with the given masks",
    "agrees most with the other locators",
    "no draft passed the probes and fits the images",
]


class DisclosedFeature(BaseModel):
    """What a drafter may learn of one feature on real images."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    status: Literal["ok", "faulty", "slow", "unsteady"]
    missing: Literal["0-5%", "5-20%", ">20%"]
    stability: Literal["<.5", ".5-.75", ".75-.9", ">=.9", "unknown"]
    worst_perturbation: str
    redundancy: Literal["<.7", ".7-.9", ">=.9"]
    redundant_with: str | None = None
    shape: Literal["constant", "binary", "skewed", "ok"]
    evidence: Literal["agrees", "opposes", "unpredicted", "inconclusive", "withheld"] = Field(
        description="sign against the predicted one, past 2.8 SE; unpredicted: past 2.8 SE, but neither pack "
        "nor extractor predicts a direction; withheld in blind mode or when asked again"
    )
    strength: Literal["weak", "moderate", "strong", "withheld"] = "withheld"
    pooled: bool = Field(description="whether the feature is now in the pool")


class ScoreCard(BaseModel):
    """The disclosed answer to one scoring request: all that ever leaves `evals/` during the loop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = Field(default=1, description="version of this schema")
    extractor: str = Field(description="SHA-256 of the source")
    mode: FeedbackMode
    gate: Literal["accepted", "rejected", "indecisive", "blind"]
    set_auc_band: str | None = Field(default=None, description="'0.70-0.75', only when the gate accepted")
    features: tuple[DisclosedFeature, ...]
    queries_left: int = Field(ge=0, description="label queries left; 0 in blind mode")
    label_bits_used: float = Field(ge=0)


class LocatorFacts(BaseModel):
    """What the agent may know of the masks that a locator fills."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str
    sha256: str = Field(description="of the locator's source")
    chosen: Chosen = "reference"
    given: Literal["none", "some"] = Field(description="whether any mask was given")
    found: ShareBand = Field(description="share of the others in which the locator found something")


class LocatorCard(BaseModel):
    """What a drafter may learn of one locator on real images: no label, no place of one image, only bands.

    Every figure is of a subset of the images that is drawn anew for each source, and no edge can be aimed at.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    locator: str = Field(description="SHA-256 of the source")
    status: Literal["ok", "faulty"] = Field(description="faulty: it gives no mask on many images")
    found: ShareBand | Literal["unknown"] = Field(
        description="share of images in which it found something; unknown, as all below: too few images"
    )
    area: AreaBand = Field(description="median share of the frame, where something was found")
    height: Third = Field(description="third of the frame that the median centre lies in, from the top")
    breadth: Third = Field(description="the same from the left")
    steadiness: DiceBand = Field(description="Dice with its own mask after a harmless change, the worst one")
    worst_perturbation: str
    agreement: DiceBand = Field(description="Dice with the other locators, drafted or shipped")
    given: DiceBand = Field(description="Dice with given masks; unknown where too few are given")


class LocatorChoice(BaseModel):
    """Which locator the bench keeps, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chosen: Chosen
    why: Why
    compared: int = Field(ge=0, description="locators that passed the probes, the reference among them")
    facts: LocatorFacts
