"""What may leave the layer that holds patients: bands, counted, from an allow-list.

Schema and reasons: exact univariate AUCs give the labels away and exact missing rates a thumbnail,
so everything comes in bands (`bands` beside this file), strength only past 2.8 standard errors and once
per source, and what the labels have told is counted (`ledger`). Records alone: the process that holds a
model client reads them without loading a statistics library.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.scoring.feedback import FeedbackMode

__all__ = ["DisclosedFeature", "FeedbackMode", "ScoreCard"]


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
