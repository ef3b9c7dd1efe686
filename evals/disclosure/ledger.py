"""What the labels have answered so far, in bits, and how far that can have fooled the search."""

import math
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from scafe.knowledge.contract.errors import DisclosureError

REPORTS_PER_QUERY = 5
MAX_REPORTS = 150
"""Features whose labels are looked at in a run: 100 answers at n = 100 reach .57, 150 at n = 200 .56."""
REPORT_LEVELS = 9
"""What one released sign and strength can be: three signs times three strengths."""
AUC_LEVELS = 10
EXPERT_REPORTS = 50
"""Features that may be set beside experts' scores in blind mode: were the scores the labels themselves (the
worst case), a vote over so many answers about noise would reach an AUC of .57 at n = 24, .55 at 40, .56 at
70; with the larger allowance of gated mode .58 at 100, .59 at 200 (means of 40 studies)."""
EXPERT_LEVELS = 6
"""What one released agreement can be: two signs times three strengths."""


def _is_nothing(value: object) -> bool:
    return not value


class Ledger(BaseModel):
    """What the labels have answered so far, and how far that can have fooled the search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queries_allowed: int = Field(ge=0)
    queries_used: int = Field(default=0, ge=0)
    accepted: int = Field(default=0, ge=0, description="gate answers that released a set-level band")
    reports: int = Field(default=0, ge=0, description="features whose labels were looked at")
    released: int = Field(default=0, ge=0, description="of these, signs and strengths that were told")
    reserved: int = Field(
        default=0, ge=0, exclude_if=lambda value: not value, description="queries kept for the classifier"
    )
    answered: tuple[str, ...] = Field(default=(), description="sources that had their answer, in order")

    expert_reports: int = Field(
        default=0,
        ge=0,
        exclude_if=_is_nothing,
        description="features set beside experts' scores: a truth of its own, no label query",
    )
    expert_released: int = Field(
        default=0, ge=0, exclude_if=_is_nothing, description="of these, agreements and strays that were told"
    )
    expert_answered: tuple[str, ...] = Field(
        default=(), exclude_if=_is_nothing, description="sources that were set beside them, in order"
    )

    @property
    def queries_left(self) -> int:
        """Label-touching queries left for the search."""
        return self.queries_allowed - self.queries_used - self.reserved

    @property
    def reports_allowed(self) -> int:
        """Features whose labels may be looked at in all."""
        return min(REPORTS_PER_QUERY * self.queries_allowed, MAX_REPORTS)

    @property
    def reports_left(self) -> int:
        """Features whose labels may still be looked at."""
        return self.reports_allowed - self.reports

    @property
    def bits(self) -> float:
        """Bits that the answers can have carried: which ones were positive, and what those said."""
        gates = _log2_choose(self.queries_used, self.accepted) + self.accepted * math.log2(AUC_LEVELS)
        signs = _log2_choose(self.reports, self.released) + self.released * math.log2(REPORT_LEVELS)
        return gates + signs

    @property
    def expert_reports_left(self) -> int:
        """Features that may still be set beside experts' scores."""
        return max(EXPERT_REPORTS, self.reports_allowed) - self.expert_reports

    def expert_bits(self, criteria: int) -> float:
        """Bits that answers about experts' scores can have carried, with so many criteria scored."""
        levels = math.log2(EXPERT_LEVELS * max(criteria, 1))
        return _log2_choose(self.expert_reports, self.expert_released) + self.expert_released * levels

    def bound(self, se: float) -> float:
        """Return the largest mean optimism that this many bits can cause, in units of AUC.

        Parameters
        ----------
        se : float
            Standard error of the dev AUC.

        References
        ----------
        .. [1] Russo and Zou (2020), How Much Does Your Data Exploration Overfit?, IEEE Transactions on
           Information Theory 66(1), 302-323, doi:10.1109/TIT.2019.2945779.
        """
        return se * math.sqrt(2 * math.log(2) * self.bits)

    def spend_reserved(self, accepted: bool) -> Self:
        """Return the ledger after the query that chose between two classifiers.

        Raises
        ------
        DisclosureError
            If none was reserved, or it was spent before.
        """
        if not self.reserved:
            raise DisclosureError("no query was reserved for the choice of a classifier, or it is spent")
        update = {
            "reserved": self.reserved - 1,
            "queries_used": self.queries_used + 1,
            "accepted": self.accepted + int(accepted),
        }
        return self.model_copy(update=update)

    def spend(self, source_sha256: str, accepted: bool, reports: int, released: int) -> Self:
        """Return the ledger after one label query.

        Raises
        ------
        DisclosureError
            If no query is left, or if the source had its signs told before.
        """
        if not self.queries_left:
            raise DisclosureError("the labels were asked as often as this data can bear; no query is left")
        if reports > self.reports_left:
            raise DisclosureError("the signs of as many features were told as this data can bear")
        if reports and source_sha256 in self.answered:
            raise DisclosureError(f"the signs of extractor {source_sha256[:8]} were told before")
        return self.model_copy(
            update={
                "queries_used": self.queries_used + 1,
                "accepted": self.accepted + int(accepted),
                "reports": self.reports + reports,
                "released": self.released + released,
                "answered": (*self.answered, source_sha256) if reports else self.answered,
            }
        )

    def ask_experts(self, source_sha256: str, reports: int, released: int) -> Self:
        """Return the ledger after one extractor was set beside experts' scores.

        Raises
        ------
        DisclosureError
            If that many may not be told any more, or if the source had its answer before.
        """
        if reports > self.expert_reports_left:
            raise DisclosureError("as many features were set beside experts' scores as this data can bear")
        if source_sha256 in self.expert_answered:
            raise DisclosureError(f"extractor {source_sha256[:8]} was set beside experts' scores before")
        return self.model_copy(
            update={
                "expert_reports": self.expert_reports + reports,
                "expert_released": self.expert_released + released,
                "expert_answered": (*self.expert_answered, source_sha256),
            }
        )


def _log2_choose(n: int, k: int) -> float:
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)
