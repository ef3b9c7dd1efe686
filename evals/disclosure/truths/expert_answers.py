"""What experts' scores say of a feature, by patient and in bands: a truth counted apart from the labels."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.features import FeatureTable
from scafe.evals.disclosure.bands import EVIDENCE_SE, MIN_CELL, Edges, null_se
from scafe.evals.disclosure.score_card import DisclosedExperts
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.experts.agreement import RaterAgreement
from scafe.evals.experts.rated import Rated
from scafe.evals.experts.straying import strays_to
from scafe.evals.scoring.stats import auc, winsorised
from scafe.knowledge.contract.extractor import Extractor
from scafe.sandbox.probes.agreement import spearman

Floats = NDArray[np.float64]
Raters = Literal["one", "chance", "<.4", ".4-.7", ">=.7"]
MODERATE, STRONG = 0.4, 0.6
"""Rank agreement from which it counts as moderate, strong: shipped measures reach .38 to .86."""


def by_patient(values: Floats, patients: Sequence[str]) -> Floats:
    """Average a column within patients, in the order of their names; NaN where a patient has no value."""
    names, where = np.unique(patients, return_inverse=True)
    finite = np.isfinite(values)
    sums, counts = np.zeros((2, len(names)))
    np.add.at(sums, where, np.where(finite, values, 0.0))
    np.add.at(counts, where, finite)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def rated_by_patient(rated: Rated, patients: Sequence[str]) -> Rated:
    """Average every scored criterion within patients."""
    return Rated(
        tuple(
            replace(one, raters=("",), scores=by_patient(one.amount, patients)[:, None], is_named=False)
            for one in rated.criteria
        )
    )


def expert_answer(
    values: Floats, criterion: str, sign: int, rated: Rated, raters: RaterAgreement, edges: Edges, name: str
) -> DisclosedExperts | None:
    """Say how a feature agrees with the experts, past `EVIDENCE_SE` standard errors.

    Parameters
    ----------
    values : (n_patients,) array
    criterion : str
        The feature's own; it was scored.
    sign : {1, -1}
        -1 if the feature falls as its criterion grows.
    rated : Rated
        Of the same patients; see `rated_by_patient`.
    raters : RaterAgreement
        Of its own criterion, by image.
    edges : Edges
        Of the extractor.

    Returns
    -------
    DisclosedExperts or None
        None where too few patients have a value and a score, or where the raters agree by chance alone: no
        feature can agree with them, and what looks like it is noise.
    """
    own = rated.of(criterion)
    if own is None:
        return None
    band = raters_band(raters, edges)
    inside = winsorised(values)
    found = None if band == "chance" else _agreement(sign * inside, own.amount)
    if found is None:
        return None
    value, error = found
    others = [one for one in rated.criteria if one.criterion != criterion]
    stray = strays_to(inside, own, others, sign) or None
    if abs(value) <= EVIDENCE_SE * error:
        return DisclosedExperts(agreement="inconclusive", raters=band, strays_to=stray)
    return DisclosedExperts(
        agreement="agrees" if value > 0 else "opposes",
        strength=_strength(abs(value), edges, name),
        raters=band,
        strays_to=stray,
    )


def raters_band(raters: RaterAgreement, edges: Edges) -> Raters:
    """Band the agreement of raters among themselves."""
    if raters.raters < 2 or math.isnan(raters.kappa):
        return "one"
    if raters.kappa <= edges.move(0.0, "raters"):
        return "chance"
    if raters.kappa < edges.move(0.4, "raters"):
        return "<.4"
    return ".4-.7" if raters.kappa < edges.move(0.7, "raters") else ">=.7"


def _agreement(values: Floats, scores: Floats) -> tuple[float, float] | None:
    """Return the rank agreement, -1 to 1, and its standard error under no agreement."""
    both = np.isfinite(values) & np.isfinite(scores)
    x, y = values[both], scores[both]
    levels, counts = np.unique(y, return_counts=True)
    if len(x) < 2 * MIN_CELL or len(levels) < 2:
        return None
    if len(levels) > 2:
        return spearman(y, x), 1 / math.sqrt(len(x) - 1)
    if counts.min() < MIN_CELL:
        return None
    positive = y == levels[1]
    return 2 * auc(x, positive) - 1, 2 * null_se(int(counts[1]), int(counts[0]))


def _strength(size: float, edges: Edges, name: str) -> Literal["weak", "moderate", "strong"]:
    if size < edges.move(MODERATE, f"experts {name}"):
        return "weak"
    return "moderate" if size < edges.move(STRONG, f"experts {name}") else "strong"


def is_told(answer: DisclosedExperts) -> bool:
    """Whether an answer says more than that nothing can be said."""
    return answer.agreement != "inconclusive" or answer.strays_to is not None


def ask_experts(
    session: BenchSession, extractor: Extractor, table: FeatureTable, names: Sequence[str]
) -> dict[str, DisclosedExperts]:
    """Set features of one extractor beside the scores of its criterion, once, and count it in the ledger.

    Returns
    -------
    dict
        Feature -> what may be told; empty where nobody scored the criterion, or when asked again.
    """
    rated, ledger = session.rated, session.ledger
    if rated is None or extractor.criterion not in rated.ids or extractor.sha256 in ledger.expert_answered:
        return {}
    dev = session.split.dev
    patients, scores = session.patients(dev), rated.at(dev)
    raters, averaged = scores.raters()[extractor.criterion], rated_by_patient(scores, patients)
    edges = Edges(session.key, extractor.sha256)
    asked = names[: max(ledger.expert_reports_left, 0)]
    found = {
        name: expert_answer(
            by_patient(table.column(name), patients),
            extractor.criterion,
            _sign(extractor, name),
            averaged,
            raters,
            edges,
            name,
        )
        for name in asked
    }
    told = {name: one for name, one in found.items() if one is not None}
    released = sum(map(is_told, told.values()))
    session.ledger = ledger.ask_experts(extractor.sha256, len(told), released)
    return told


def _sign(extractor: Extractor, name: str) -> int:
    return -1 if extractor.features[extractor.names.index(name)].direction == "down" else 1
