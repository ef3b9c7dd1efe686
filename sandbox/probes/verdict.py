"""What the probes found out about one extractor, in words a model or a person can act on.

A verdict holds no time and no machine: the same source on the same phantoms gives the same bytes.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["reject", "warn", "note"]
"""reject: the feature (or the extractor) cannot enter the pool · warn: it may · note: good to know."""


def _is_unset(value: object) -> bool:
    # What older verdicts did not say is not written: they keep their bytes.
    return not value


class Finding(BaseModel):
    """One thing that a probe saw on phantoms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(
        description="stable id, e.g. refused, exception, nondeterministic, out_of_range, wrong_sign"
    )
    severity: Severity
    feature: str | None = Field(
        default=None, description="the feature it concerns; none: the whole extractor"
    )
    line: int | None = Field(default=None, description="1-based line of the source, if one is to blame")
    message: str = Field(description="what was met, what was expected, and the way out")


class DialResponse(BaseModel):
    """How one feature answers to one dial or nuisance of the phantom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    spearman: float = Field(ge=-1, le=1, description="median over skin tones (or seeds) of Spearman's rho")
    undefined: str = Field(
        default="", exclude_if=_is_unset, description="why there is no rho, in words; then spearman is 0"
    )
    reach: float | None = Field(
        default=None,
        ge=0,
        exclude_if=lambda value: value is None,
        description="highest minus lowest value along the dial, as a multiple of that along the own dial",
    )


class FeatureEvidence(BaseModel):
    """What the probes measured of one feature, on phantoms alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    responses: tuple[DialResponse, ...] = Field(
        description="the selectivity row: one per dial that was looked at, all of them if it is accepted"
    )
    nuisance_shifts: dict[str, float] = Field(description="nuisance -> |shift| in units of the class spread")
    stability: float | None = Field(
        description="smallest ICC(A,1) over the five perturbations; None: rejected before they were tried"
    )
    worst_perturbation: str
    missing: float = Field(ge=0, le=1, description="share of phantoms with NaN")
    fingerprint: tuple[float | None, ...] = Field(
        default=(), description="values on the drawn phantoms, 4 significant digits; None where missing"
    )
    accepted: bool = Field(description="no finding of severity reject concerns it")


class Verdict(BaseModel):
    """Everything the probes say about one extractor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    extractor: str = Field(description="SHA-256 of the source")
    criterion: str
    findings: tuple[Finding, ...]
    features: tuple[FeatureEvidence, ...] = ()

    @property
    def accepted_names(self) -> tuple[str, ...]:
        """Features that may enter the pool, in declared order."""
        return tuple(one.name for one in self.features if one.accepted)

    @property
    def is_acceptable(self) -> bool:
        """Whether at least one feature passed every probe."""
        return bool(self.accepted_names)
