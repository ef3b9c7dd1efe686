"""What may leave the layer that holds patients: bands, counted, from an allow-list.

Schema and reasons: exact univariate AUCs give the labels away and exact missing rates a thumbnail,
so everything comes in bands (`bands` beside this file), strength only past 2.8 standard errors and once
per source, and what the labels have told is counted (`ledger`). Records alone: the process that holds a
model client reads them without loading a statistics library.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.scoring.feedback import FeedbackMode

__all__ = [
    "DisclosedExperts", "DisclosedFeature", "DisclosedTransfer", "FeedbackMode", "LocatorCard",
    "LocatorChoice", "LocatorFacts", "ScoreCard",
]  # fmt: skip

ShareBand = Literal["0-20%", "20-80%", "80-100%"]
DiceBand = Literal["<.5", ".5-.75", ".75-.9", ">=.9", "unknown"]
AreaBand = Literal["<3%", "3-15%", "15-50%", ">50%", "unknown"]
Third = Literal["first", "middle", "last", "unknown"]
Chosen = Literal["reference", "draft", "own"]
"""reference: as it ships · draft: drafted in the run · own: a person's file."""
Why = Literal[
    "agrees most with the given masks",
    "agrees most with the other locators",
    "is the first of those that agree most, the one that ships before drafts",
    "no draft passed the probes and fits the images",
]


class DisclosedExperts(BaseModel):
    """What experts' scores say of one feature, as far as it may be told; nothing of the outcome."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agreement: Literal["agrees", "opposes", "inconclusive"] = Field(
        description="with the scores of its own criterion, in the direction it declares, past 2.8 SE"
    )
    strength: Literal["weak", "moderate", "strong", "withheld"] = Field(
        default="withheld", description="of the rank agreement: below .4, below .6, above"
    )
    raters: Literal["one", "chance", "<.4", ".4-.7", ">=.7"] = Field(
        description="weighted kappa of the raters of that criterion among themselves"
    )
    strays_to: str | None = Field(
        default=None, description="the other scored criterion that it follows clearly better than its own"
    )


OUTSIDE = {
    "0-20%": "",
    "20-80%": "on 20 to 80 % of the images outside of what phantoms showed",
    "80-100%": "on most images outside of what phantoms showed",
}
SPREAD = {
    "narrower": "varies far less here than on phantoms",
    "alike": "",
    "wider": "varies far more here than on phantoms",
}


class DisclosedTransfer(BaseModel):
    """How a feature behaves on unlabelled images of patients beside phantoms: words and bands alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outside: Literal["0-20%", "20-80%", "80-100%"] = Field(
        description="share of images whose value lies outside of what phantoms showed"
    )
    spread: Literal["narrower", "alike", "wider"] = Field(
        description="of the middle half of values: below a tenth, or above ten times, of that on phantoms"
    )
    saturated: bool = Field(description="whether many values stand together at one end")
    follows: tuple[Literal["size", "border", "exposure"], ...] = Field(
        default=(), description="what the feature follows, each given the other two"
    )
    overlaps_with: str | None = Field(
        default=None, description="another criterion, one of whose pooled features says nearly the same"
    )

    @property
    def resembles(self) -> bool:
        """Whether phantoms show what these images do: what holds on them may hold here."""
        return self.outside != "80-100%" and self.spread != "narrower"

    def in_words(self) -> str:
        """Say what was found, the gravest first, or that nothing speaks against it."""
        found = [
            "" if self.resembles else "phantoms do not resemble these images",
            OUTSIDE[self.outside],
            SPREAD[self.spread],
            "many values stand together at one end (saturated)" if self.saturated else "",
            f"follows {' and '.join(self.follows)} of the image" if self.follows else "",
            f"says nearly what `{self.overlaps_with}` says" if self.overlaps_with else "",
        ]
        return ", ".join(part for part in found if part) or "as on phantoms"


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
    transfer: DisclosedTransfer | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="none where too few images gave a value, and in cards from before it",
    )
    experts: DisclosedExperts | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="none where nobody scored its criterion, or when asked again",
    )


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
    expert_bits_used: float | None = Field(
        default=None,
        ge=0,
        exclude_if=lambda value: value is None,
        description="what the experts' scores have told, a truth of its own; none where there are none",
    )


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
