"""What may leave the layer that holds patients: bands, counted, from an allow-list.

Schema and reasons: exact univariate AUCs give the labels away and exact missing rates a thumbnail,
so everything comes in bands, strength only past 2.8 standard errors and once per source. The edges of
label-free bands move a little with each source, by a key that no drafter has: a feature cannot be tuned
to sit on an edge that one patient tips.
"""

import hashlib
import math
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from scafe.evals.stats import auc, winsorised
from scafe.knowledge.errors import DisclosureError

FeedbackMode = Literal["blind", "gated"]


class DisclosedFeature(BaseModel):
    """What a drafter may learn of one feature on real images."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    status: Literal["ok", "faulty", "slow"]
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
    queries_left: int = Field(ge=0, description="label-touching queries left; 0 in blind mode")
    label_bits_used: float = Field(ge=0)


Missing = Literal["0-5%", "5-20%", ">20%"]
Stability = Literal["<.5", ".5-.75", ".75-.9", ">=.9", "unknown"]
Redundancy = Literal["<.7", ".7-.9", ">=.9"]
Shape = Literal["constant", "binary", "skewed", "ok"]
Evidence = Literal["agrees", "opposes", "unpredicted", "inconclusive", "withheld"]
Strength = Literal["weak", "moderate", "strong", "withheld"]

MIN_CELL = 10
"""Fewest patients of each class behind anything that touches labels."""
EVIDENCE_SE = 2.8
"""Standard errors that a univariate AUC must be from one half before its sign is told: 50 answers about
noise let labels be guessed with AUC .55 at n = 100; at 2 standard errors it is .69."""
REPORTS_PER_QUERY = 5
MAX_REPORTS = 150
"""Features whose labels are looked at in a run: 100 answers at n = 100 reach .57, 150 at n = 200 .56."""
JITTER = 0.02
"""How far the edges of the label-free bands move, as a share of the patients or of the scale."""
MODERATE, STRONG = 0.65, 0.75
"""Univariate AUC (folded to above one half) from which a feature counts as moderate, strong."""
AUC_STEP = 0.05
REPORT_LEVELS = 9
"""What one released sign and strength can be: three signs times three strengths."""
AUC_LEVELS = 10


class Edges:
    """Edges of the bands for one source, moved by a key that stays in `evals/`."""

    def __init__(self, key: str, source_sha256: str) -> None:
        self._seed = f"{key}\0{source_sha256}"

    def move(self, edge: float, what: str) -> float:
        """Return an edge moved by up to `JITTER` either way; always the same for the same source."""
        number = int.from_bytes(hashlib.sha256(f"{self._seed}\0{what}\0{edge}".encode()).digest()[:8], "big")
        return edge + JITTER * (2 * number / 2**64 - 1)

    def missing(self, share: float, name: str) -> Missing:
        """Band the share of images without a value."""
        if share < self.move(0.05, f"missing {name}"):
            return "0-5%"
        return "5-20%" if share <= self.move(0.20, f"missing {name}") else ">20%"

    def stability(self, icc: float, name: str) -> Stability:
        """Band the smallest ICC over the perturbations; NaN is unknown."""
        if math.isnan(icc):
            return "unknown"
        bands: tuple[tuple[float, Stability], ...] = ((0.5, "<.5"), (0.75, ".5-.75"), (0.9, ".75-.9"))
        return next((band for edge, band in bands if icc < self.move(edge, f"icc {name}")), ">=.9")

    def redundancy(self, rho: float, name: str) -> Redundancy:
        """Band the largest |rank correlation| with a pooled feature."""
        if rho < self.move(0.7, f"rho {name}"):
            return "<.7"
        return ".7-.9" if rho < self.move(0.9, f"rho {name}") else ">=.9"


class LabelAnswer(BaseModel):
    """What the labels say of one feature, as far as it may be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    evidence: Evidence
    strength: Strength = "withheld"


WITHHELD = LabelAnswer(evidence="withheld")


def shape_of(values: NDArray[np.float64]) -> Shape:
    """Tag a distribution on winsorised values: no mean, extreme or count leaves."""
    inner = winsorised(values)
    inner = inner[np.isfinite(inner)]
    if not len(inner) or float(np.ptp(inner)) <= 1e-9 * max(1.0, float(np.abs(inner).max())):
        return "constant"
    if len(np.unique(inner)) == 2:
        return "binary"
    spread = float(inner.std())
    skew = float(((inner - inner.mean()) ** 3).mean()) / spread**3
    return "skewed" if abs(skew) > 1.5 else "ok"


def label_answer(values: NDArray[np.float64], positive: NDArray[np.bool_], predicted: int) -> LabelAnswer:
    """Say whether a feature moves with the labels, past `EVIDENCE_SE` standard errors and by patient.

    Parameters
    ----------
    values : (n_patients,) array
        One value per patient, NaN where missing.
    positive : (n_patients,) bool array
    predicted : int
        1 if the value was predicted higher in the positive class, -1 lower, 0 no prediction.
    """
    finite = np.isfinite(values)
    inside, labels = winsorised(values)[finite], positive[finite]
    n_pos, n_neg = int(labels.sum()), int((~labels).sum())
    if min(n_pos, n_neg) < MIN_CELL:
        return WITHHELD
    found = auc(inside, labels)
    if abs(found - 0.5) <= EVIDENCE_SE * null_se(n_pos, n_neg):
        return LabelAnswer(evidence="inconclusive")
    size = abs(found - 0.5) + 0.5
    strength: Strength = "weak" if size < MODERATE else "moderate" if size < STRONG else "strong"
    if not predicted:
        return LabelAnswer(evidence="unpredicted", strength=strength)
    agrees = (found > 0.5) == (predicted > 0)
    return LabelAnswer(evidence="agrees" if agrees else "opposes", strength=strength)


def null_se(n_pos: int, n_neg: int) -> float:
    """Return the standard error of an AUC of a feature that has nothing to do with the labels."""
    return math.sqrt((n_pos + n_neg + 1) / (12 * n_pos * n_neg))


def auc_band(value: float) -> str:
    """Band a set-level AUC in steps of .05, e.g. '0.70-0.75'; below .5 is one band."""
    if value < 0.5:
        return "<0.50"
    low = min(math.floor(value / AUC_STEP + 1e-9) * AUC_STEP, 1 - AUC_STEP)
    return f"{low:.2f}-{low + AUC_STEP:.2f}"


class Ledger(BaseModel):
    """What the labels have answered so far, and how far that can have fooled the search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queries_allowed: int = Field(ge=0)
    queries_used: int = Field(default=0, ge=0)
    accepted: int = Field(default=0, ge=0, description="gate answers that released a set-level band")
    reports: int = Field(default=0, ge=0, description="features whose labels were looked at")
    released: int = Field(default=0, ge=0, description="of these, signs and strengths that were told")
    answered: tuple[str, ...] = Field(default=(), description="sources that had their answer, in order")

    @property
    def queries_left(self) -> int:
        """Label-touching queries left."""
        return self.queries_allowed - self.queries_used

    @property
    def reports_left(self) -> int:
        """Features whose labels may still be looked at."""
        return min(REPORTS_PER_QUERY * self.queries_allowed, MAX_REPORTS) - self.reports

    @property
    def bits(self) -> float:
        """Bits that the answers can have carried: which ones were positive, and what those said."""
        gates = _log2_choose(self.queries_used, self.accepted) + self.accepted * math.log2(AUC_LEVELS)
        signs = _log2_choose(self.reports, self.released) + self.released * math.log2(REPORT_LEVELS)
        return gates + signs

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

    def spend(self, source_sha256: str, accepted: bool, reports: int, released: int) -> Self:
        """Return the ledger after one label-touching query.

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


def _log2_choose(n: int, k: int) -> float:
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)
