"""The answer to one scoring request: from exact numbers in here to a `ScoreCard` that may leave."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scafe.evals.data.features import FeatureTable
from scafe.evals.disclosure.bands import WITHHELD, Edges, LabelAnswer, auc_band, label_answer, shape_of
from scafe.evals.disclosure.bench import FeatureRef, column_names
from scafe.evals.disclosure.score_card import DisclosedExperts, DisclosedFeature, ScoreCard
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.disclosure.truths.expert_answers import ask_experts
from scafe.evals.disclosure.truths.transfers import tell_transfers
from scafe.evals.scoring.gate import decide
from scafe.evals.scoring.stats import winsorised
from scafe.evals.transfer.steadiness import Steadiness
from scafe.knowledge.contract.extractor import Extractor, parse_extractor
from scafe.knowledge.criteria.directions import predicted_sign
from scafe.sandbox.probes.agreement import spearman

Floats = NDArray[np.float64]
Named = list[tuple[str, Floats]]
"""Features of the pool with their values on the dev items."""

FAULTY_SHARE = 0.2
"""Share of images with a fault from which an extractor counts as faulty on this data."""


@dataclass(frozen=True)
class LabelFree:
    """What is told of a feature without looking at a label."""

    fields: dict[str, Any]
    """Banded fields of `DisclosedFeature`."""
    is_eligible: bool
    """Stable, not redundant, not constant, rarely missing."""


@dataclass(frozen=True)
class Asked:
    """What the labels said, as far as it may be told."""

    gate: Literal["accepted", "rejected", "indecisive", "blind"]
    """blind: no label was looked at."""
    band: str | None = None
    told: dict[str, LabelAnswer] = field(default_factory=dict)


def answer_score(
    session: BenchSession, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]
) -> ScoreCard:
    """Score the named features of one extractor beside the pool; spends at most one query.

    Every eligible feature joins the pool, whatever the gate saw; what the gate and the signs say goes to
    the drafter. Why (benchmarks/studies/gate.md, 40 proposals, n = 80): with 30 % useful all under the
    ridge reach a
    true AUC of .84, what the gate keeps .77; with 10 % it is .71 to .73, with none .62 to .69. But the score
    of what the gate keeps is .06 to .09 too high, that of the pool is not, and what is proposed here is no
    random feature: it answered on phantoms to what it claims to measure.

    Raises
    ------
    ContractError
        If the source is no extractor.
    IntegrityError
        If a file of the scorer changed since the bench was opened.
    """
    session.scorer.check()
    extractor = parse_extractor(source)
    sha256 = session.remember(source)
    session.measure(source)
    table = session.feature_table(source, session.split.dev)
    wanted = tuple(name for name in table.names if name in names)
    free = _label_free(session, extractor, table, wanted, pool)
    block = tuple(FeatureRef(extractor=sha256, name=name) for name in wanted if free[name].is_eligible)
    asked = _ask(session, extractor, table, block, pool)
    experts = ask_experts(session, extractor, table, wanted)
    return ScoreCard(
        extractor=sha256,
        mode=session.facts.mode,
        gate=asked.gate,
        set_auc_band=asked.band,
        features=tuple(_disclosed(name, free[name], asked, experts.get(name)) for name in wanted),
        queries_left=max(session.ledger.queries_left, 0),
        label_bits_used=round(session.ledger.bits, 1),
        expert_bits_used=_expert_bits(session),
    )


def _expert_bits(session: BenchSession) -> float | None:
    if session.rated is None:
        return None
    return round(session.ledger.expert_bits(len(session.rated.criteria)), 1)


def _disclosed(
    name: str, free: LabelFree, asked: Asked, experts: DisclosedExperts | None
) -> DisclosedFeature:
    answer = asked.told.get(name, WITHHELD)
    return DisclosedFeature(
        **free.fields,
        evidence=answer.evidence,
        strength=answer.strength,
        pooled=free.is_eligible,
        experts=experts,
    )


def _label_free(
    session: BenchSession,
    extractor: Extractor,
    table: FeatureTable,
    wanted: tuple[str, ...],
    pool: tuple[FeatureRef, ...],
) -> dict[str, LabelFree]:
    status = _status(table)
    steady = session.stability(extractor.source) if status == "ok" else {}
    edges = Edges(session.key, extractor.sha256)
    others = _pool_columns(session, pool, extractor)
    transfers = tell_transfers(session, extractor, wanted, pool) if status == "ok" else {}
    found: dict[str, LabelFree] = {}
    for name in wanted:
        column = table.column(name)
        found[name] = _one_label_free(name, column, status, steady.get(name), others, edges)
        found[name].fields["transfer"] = transfers.get(name)
        if found[name].is_eligible:
            others.append((name, column))
    return found


def _one_label_free(
    name: str,
    column: Floats,
    status: Literal["ok", "faulty", "slow", "unsteady"],
    steady: Steadiness | None,
    others: Named,
    edges: Edges,
) -> LabelFree:
    partner, rho = _nearest(column, others)
    fields: dict[str, Any] = {
        "name": name,
        "status": status,
        "missing": edges.missing(float(np.isnan(column).mean()), name),
        "stability": edges.stability(steady.icc if steady else math.nan, name),
        "worst_perturbation": steady.worst if steady else "",
        "redundancy": edges.redundancy(rho, name),
        "shape": shape_of(column),
    }
    fields["redundant_with"] = partner if fields["redundancy"] != "<.7" else None
    is_eligible = (
        status == "ok"
        and fields["missing"] != ">20%"
        and fields["stability"] in (".75-.9", ">=.9")
        and fields["redundancy"] != ">=.9"
        and fields["shape"] != "constant"
    )
    return LabelFree(fields, is_eligible)


def _status(table: FeatureTable) -> Literal["ok", "faulty", "slow", "unsteady"]:
    faults = [fault for fault in table.faults if fault is not None]
    if len(faults) <= FAULTY_SHARE * len(table.faults):
        return "ok"
    if any(fault.kind == "state" for fault in faults):
        return "unsteady"
    late = sum(fault.kind == "timeout" for fault in faults)
    return "slow" if 2 * late > len(faults) else "faulty"


def _pool_columns(session: BenchSession, pool: tuple[FeatureRef, ...], extractor: Extractor) -> Named:
    # An extractor is not redundant with its own features that are pooled already.
    others = tuple(ref for ref in pool if ref.extractor != extractor.sha256)
    rows = session.matrix(others, session.split.dev)
    own = (
        FeatureRef(extractor=extractor.sha256, name=name, revision=f"{extractor.criterion}/")
        for name in extractor.names
    )
    names = column_names([*others, *own])  # beside its own: what it repeats is told from itself
    return [(names[place], rows[:, place]) for place in range(len(others))]


def _nearest(column: Floats, others: Named) -> tuple[str | None, float]:
    found = [abs(spearman(winsorised(other), winsorised(column))) for _, other in others]
    if not found:
        return None, 0.0
    nearest = int(np.argmax(found))
    return others[nearest][0], found[nearest]


def _ask(
    session: BenchSession,
    extractor: Extractor,
    table: FeatureTable,
    block: tuple[FeatureRef, ...],
    pool: tuple[FeatureRef, ...],
) -> Asked:
    if session.facts.mode == "blind" or session.ledger.queries_left <= 0 or not block:
        return Asked("blind")
    if session.noise is not None:  # one exchanged label may turn the gate and the band: they stay silent
        told = _signs(session, extractor, table, tuple(ref.name for ref in block))
        released = sum(answer.evidence != "inconclusive" for answer in told.values())
        session.ledger = session.ledger.spend(extractor.sha256, False, len(told), released)
        return Asked("blind", None, told)
    rest = tuple(ref for ref in pool if ref.extractor != extractor.sha256)
    after = session.score(rest + block)
    decision = decide(session.score(rest), after, session.folds)
    told = _signs(session, extractor, table, tuple(ref.name for ref in block))
    released = sum(answer.evidence != "inconclusive" for answer in told.values())
    is_accepted = decision.outcome == "accepted"
    session.ledger = session.ledger.spend(extractor.sha256, is_accepted, len(told), released)
    return Asked(decision.outcome, auc_band(after.auc) if is_accepted else None, told)


def _signs(
    session: BenchSession, extractor: Extractor, table: FeatureTable, names: tuple[str, ...]
) -> dict[str, LabelAnswer]:
    ledger = session.ledger
    if extractor.sha256 in ledger.answered or len(session.dataset.classes) != 2:
        return {}
    labels, averages = _by_patient(session, table)
    criterion, answers = session.pack.criterion(extractor.criterion), {}
    for name in names[: max(ledger.reports_left, 0)]:
        feature = extractor.features[extractor.names.index(name)]
        answer = label_answer(
            averages[:, table.names.index(name)],
            labels,
            predicted_sign(criterion, feature.direction, session.dataset.classes),
            session.noise_on(extractor.sha256, name),
        )
        if answer.evidence != "withheld":
            answers[name] = answer
    return answers


def _by_patient(session: BenchSession, table: FeatureTable) -> tuple[NDArray[np.bool_], Floats]:
    dev = session.split.dev
    names, first, where = np.unique(session.patients(dev), return_index=True, return_inverse=True)
    finite = np.isfinite(table.rows)
    sums, counts = np.zeros((2, len(names), table.rows.shape[1]))
    np.add.at(sums, where, np.where(finite, table.rows, 0.0))
    np.add.at(counts, where, finite)
    averages = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return session.target(dev)[first] == 1, averages
