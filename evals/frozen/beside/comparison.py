"""The fused row beside the headline: the same patients, criteria only, companion only, and both."""

import numpy as np

from scafe.evals.companion.companion import Appearance
from scafe.evals.companion.joined import Block, fit_joined
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.frozen.beside.fused import appearance_rows, column_names, fit_both, split_shares
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.frozen.fitting import FOLDS, fold_difference, fold_estimate
from scafe.evals.scoring.assessment import compare, estimate_auc, short
from scafe.evals.scoring.cases import Cases, Rows, Scored, per_patient
from scafe.evals.scoring.headline import Beside, Difference, Estimate
from scafe.evals.scoring.splits import Folds


def beside_on_sealed(session: BenchSession, bundle: Bundle, dev: Cases, test: Cases) -> Beside | None:
    """Score the frozen fused classifier and the companion alone on the held-out test set.

    Parameters
    ----------
    session : BenchSession
    bundle : Bundle
    dev, test : Cases
        The criteria features of the development part and of the held-out patients.
    """
    if session.appearance is None or bundle.manifest.companion is None:
        return None
    seen, met = (
        appearance_rows(session, session.appearance, ids) for ids in (session.split.dev, session.split.sealed)
    )
    both = np.hstack([test.rows, met])
    fused = per_patient(test, bundle.fused.probabilities(both))
    alone = per_patient(test, _alone(dev.with_rows(seen), session.appearance, session.draw_folds(FOLDS), met))
    ours = per_patient(test, bundle.classifier.probabilities(test.rows))
    seed = session.spec.seed
    return _record(
        bundle,
        both,
        (estimate_auc(alone, seed), estimate_auc(fused, seed)),
        (compare(fused, ours, seed), compare(fused, alone, seed)),
    )


def beside_by_folds(session: BenchSession, bundle: Bundle, cases: Cases, folds: Folds) -> Beside | None:
    """Do the same over folds, where nothing is held out; each fold chooses its own penalties."""
    appearance = session.appearance
    if appearance is None or bundle.manifest.companion is None:
        return None
    rows = appearance_rows(session, appearance, session.split.dev)
    columns = bundle.manifest.columns
    found = np.array([_fold_aucs(cases, rows, columns, appearance, folds, at) for at in range(_n(folds))]).T
    ours, alone, fused = found
    return _record(
        bundle,
        np.hstack([cases.rows, rows]),
        (fold_estimate(alone, folds.n_folds), fold_estimate(fused, folds.n_folds)),
        (fold_difference(fused - ours, folds.n_folds), fold_difference(fused - alone, folds.n_folds)),
    )


def _n(folds: Folds) -> int:
    return folds.n_repeats * folds.n_folds


def _fold_aucs(
    cases: Cases, rows: Rows, columns: tuple[str, ...], appearance: Appearance, folds: Folds, place: int
) -> tuple[float, float, float]:
    """AUC of criteria, companion and both in one fold, fitted on the others."""
    test, inner = folds.tests[place], _others(folds, place)
    train, held = cases.select(~test), cases.select(test)
    ours = fit_joined(train, (Block(columns, signs=cases.signs),), inner)
    both = fit_both(train, rows[~test], columns, appearance, inner)
    alone = _alone(train.with_rows(rows[~test]), appearance, inner, rows[test])
    return (
        _auc(held, ours.probabilities(held.rows)),
        _auc(held, alone),
        _auc(held, both.probabilities(np.hstack([held.rows, rows[test]]))),
    )


def _auc(held: Cases, probabilities: Rows) -> float:
    scored: Scored = per_patient(held, probabilities)
    return scored.auc


def _others(folds: Folds, place: int) -> Folds:
    """Return the folds of the same repeat that are not tested, over their own items."""
    repeat, tested = divmod(place, folds.n_folds)
    numbers = folds.fold[repeat]
    inside = numbers != tested
    renumbered = np.where(numbers > tested, numbers - 1, numbers)[inside]
    ids = tuple(one for one, kept in zip(folds.ids, inside, strict=True) if kept)
    return Folds(ids, renumbered[np.newaxis], folds.n_folds - 1)


def _alone(cases: Cases, appearance: Appearance, folds: Folds, met: Rows) -> Rows:
    block = Block(column_names(cases.rows.shape[1]), appearance.companion.one_scale)
    return fit_joined(cases, (block,), folds).probabilities(met)


def _record(
    bundle: Bundle, both: Rows, aucs: tuple[Estimate, Estimate], over: tuple[Difference, Difference]
) -> Beside:
    manifest = bundle.manifest
    kept = manifest.companion
    assert kept is not None  # noqa: S101  # both callers returned before
    parts, appearance = split_shares(bundle.fused, both, len(manifest.columns))
    groups: dict[str, Rows] = {}
    for place, feature in enumerate(manifest.features):
        before = groups.get(feature.criterion, np.zeros(len(parts)))
        groups[feature.criterion] = before + parts[:, place]
    criteria = _moves({"criteria": parts.sum(axis=1), "appearance": appearance})
    inside = _moves(groups)
    return Beside(
        companion=kept.note.title,
        numbers=kept.numbers,
        alone=aucs[0],
        fused=aucs[1],
        over_criteria=over[0],
        over_companion=over[1],
        shares=criteria,
        criteria={name: short(criteria["criteria"] * share) for name, share in inside.items()},
    )


def _moves(parts: dict[str, Rows]) -> dict[str, float]:
    """Return how much each part moves the log-odds from image to image, as shares of 1."""
    spreads = {name: float(np.std(one)) for name, one in parts.items()}
    total = sum(spreads.values())
    return {name: short(one / total if total else 1 / len(spreads)) for name, one in spreads.items()}
