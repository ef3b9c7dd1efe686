"""What the probes found out about one locator, in words a model or a person can act on."""

from pydantic import BaseModel, ConfigDict, Field

from scafe.sandbox.probes.verdict import Finding


class LocatorVerdict(BaseModel):
    """Everything the probes say about one locator; of phantoms alone, with no time and no machine in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    locator: str = Field(description="SHA-256 of the source")
    region: str
    findings: tuple[Finding, ...]
    dice: float | None = Field(
        default=None, ge=0, le=1, description="median Dice with the true region; none: it did not run"
    )
    worst_decile: float | None = Field(
        default=None, ge=0, le=1, description="Dice that a tenth of the phantoms lie below"
    )
    stability: float | None = Field(
        default=None, ge=0, le=1, description="smallest median Dice over the five perturbations"
    )
    found_in_bare: float | None = Field(
        default=None, ge=0, le=1, description="share of scenes without the region in which one was found"
    )
    nuisance_drops: dict[str, float] = Field(
        default_factory=dict, description="nuisance -> fall of mean Dice as it is turned up"
    )

    @property
    def is_acceptable(self) -> bool:
        """Whether nothing turns it away."""
        return not any(one.severity == "reject" for one in self.findings)
