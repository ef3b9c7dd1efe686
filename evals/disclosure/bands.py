"""How exact numbers become the bands that may leave: edges, signs past the noise, tags of shape.

The edges of label-free bands move a little with each source, by a key that no drafter has: a feature
cannot be tuned to sit on an edge that one patient tips.
"""

import hashlib
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from scafe.evals.scoring.stats import auc, winsorised
from scafe.sandbox.probes.agreement import is_flat

Missing = Literal["0-5%", "5-20%", ">20%"]
Stability = Literal["<.5", ".5-.75", ".75-.9", ">=.9", "unknown"]
Redundancy = Literal["<.7", ".7-.9", ">=.9"]
ShareBand = Literal["0-20%", "20-80%", "80-100%"]
"""Of images; no edge at none or all, where one image would tip it."""
Shape = Literal["constant", "binary", "skewed", "ok"]
Evidence = Literal["agrees", "opposes", "unpredicted", "inconclusive", "withheld"]
Strength = Literal["weak", "moderate", "strong", "withheld"]

MIN_CELL = 10
"""Fewest patients of each class behind anything that touches labels."""
EVIDENCE_SE = 2.8
"""Standard errors that a univariate AUC must be from one half before its sign is told: 50 answers about
noise let labels be guessed with AUC .55 at n = 100; at 2 standard errors it is .69."""
JITTER = 0.02
"""How far the edges of the label-free bands move, as a share of the patients or of the scale."""
MODERATE, STRONG = 0.65, 0.75
"""Univariate AUC (folded to above one half) from which a feature counts as moderate, strong."""
AUC_STEP = 0.05


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

    def share(self, share: float, name: str) -> ShareBand:
        """Band a share of images."""
        if share < self.move(0.2, f"share {name}"):
            return "0-20%"
        return "20-80%" if share <= self.move(0.8, f"share {name}") else "80-100%"

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


class StillEdges(Edges):
    """Edges where they are written, for the person who owns the data: nothing leaves."""

    def __init__(self) -> None:
        super().__init__("", "")

    def move(self, edge: float, what: str) -> float:
        """Return the edge."""
        return edge


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
    if is_flat(inner):
        return "constant"
    if len(np.unique(inner)) == 2:
        return "binary"
    spread = float(inner.std())
    skew = float(((inner - inner.mean()) ** 3).mean()) / spread**3
    return "skewed" if abs(skew) > 1.5 else "ok"


@dataclass(frozen=True)
class Noisy:
    """Noise on one univariate AUC."""

    added: float
    sigma: float
    """Its standard deviation; widens what counts as past the noise."""


NO_NOISE = Noisy(0.0, 0.0)


def label_answer(
    values: NDArray[np.float64], positive: NDArray[np.bool_], predicted: int, noise: Noisy = NO_NOISE
) -> LabelAnswer:
    """Say whether a feature moves with the labels, past `EVIDENCE_SE` standard errors and by patient.

    Parameters
    ----------
    values : (n_patients,) array
        One value per patient, NaN where missing.
    positive : (n_patients,) bool array
    predicted : int
        1 if the value was predicted higher in the positive class, -1 lower, 0 no prediction.
    noise : Noisy
        Of differential privacy. With it a missing value counts as the median, which no label decides: the
        sizes of the classes are then the same for every feature, and known.
    """
    if noise.sigma:
        values = np.where(np.isfinite(values), values, np.nanmedian(values))
    finite = np.isfinite(values)
    inside, labels = winsorised(values)[finite], positive[finite]
    n_pos, n_neg = int(labels.sum()), int((~labels).sum())
    if min(n_pos, n_neg) < MIN_CELL:
        return WITHHELD
    found = (0.5 if is_flat(inside) else auc(inside, labels)) + noise.added
    if abs(found - 0.5) <= EVIDENCE_SE * math.hypot(null_se(n_pos, n_neg), noise.sigma):
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
