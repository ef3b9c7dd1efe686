"""What one opening computes: the model, a baseline, nulls, shortcuts and groups on the same patients."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.evals.audit.shortcuts import SHORTCUTS, says_nothing
from scafe.evals.audit.skin_tone import by_skin_tone, has_skin, tones_of
from scafe.evals.disclosure.bench import FeatureRef
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.frozen.beside.comparison import beside_by_folds, beside_on_sealed
from scafe.evals.frozen.beside.described import Described, describe
from scafe.evals.frozen.beside.ensemble import refitted, second_by_folds, second_on_sealed
from scafe.evals.frozen.bundle import Bundle
from scafe.evals.frozen.fitting import FOLDS, fold_difference, fold_estimate, pool_cases, session_cases
from scafe.evals.peers import colour_texture
from scafe.evals.scoring.assessment import (
    brier,
    brier_skill,
    calibrate,
    call,
    compare,
    estimate_auc,
    net_benefit,
    permutation_p,
    roc_points,
    short,
)
from scafe.evals.scoring.cases import Cases, Scored, per_patient
from scafe.evals.scoring.classifier import Classifier, fit_at_penalty, fit_classifier
from scafe.evals.scoring.controls import Study, run_controls
from scafe.evals.scoring.crossfit import crossfit
from scafe.evals.scoring.ensemble.forest import Forest
from scafe.evals.scoring.headline import (
    Beside,
    Difference,
    Estimate,
    Headline,
    LearningPoint,
    Permuted,
    Score,
    Second,
    Shortcut,
    Subgroup,
)
from scafe.evals.scoring.learning import Pair, folded_learning_curve, learning_curve
from scafe.evals.scoring.score import cross_validate
from scafe.evals.scoring.splits import Folds

DRAWS = 20
"""Refits on permuted labels."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """What either way of scoring found."""

    method: str
    ids: tuple[int, ...]
    """Items that the headline rests on."""
    model: Scored
    baseline: Scored
    model_auc: Estimate
    baseline_auc: Estimate
    difference: Difference
    permuted: Permuted
    baseline_features: int
    shortcuts: tuple[Shortcut, ...]
    learning: tuple[LearningPoint, ...]
    beside: Beside | None
    second: Second | None


def compute_headline(session: BenchSession, bundle: Bundle) -> Headline:
    """Score a bundle on the held-out test set, or by folds where there is none."""
    described = describe(session)
    score = _on_sealed if session.split.is_sealed else _by_folds
    scores = score(session, bundle, described)
    manifest, labels = bundle.manifest, scores.model.labels
    dev = _cases(session, _refs(bundle), session.split.dev)
    shares = _shares(dev)
    study = Study(dev, session.draw_folds(FOLDS), manifest.penalty, session.spec.seed)
    return Headline(
        bundle=bundle.sha256,
        data_sha256=session.facts.data_sha256,
        scorer_sha256=session.facts.scorer_sha256,
        sealed=session.split.is_sealed,
        method=scores.method,
        classes=manifest.classes,
        patients={label: int((labels == label).sum()) for label in manifest.classes},
        images=len(scores.ids),
        model=_score("ScaFE", len(manifest.features), scores.model_auc, scores.model, shares),
        baseline=_score(
            colour_texture.NAME, scores.baseline_features, scores.baseline_auc, scores.baseline, shares
        ),
        difference=scores.difference,
        permuted=scores.permuted,
        cut=call(scores.model, manifest.threshold),
        calibration=calibrate(scores.model),
        net_benefit=net_benefit(scores.model, scores.baseline),
        controls=run_controls(study),
        shortcuts=scores.shortcuts,
        subgroups=_subgroups(session, scores, described),
        learning=scores.learning,
        beside=scores.beside,
        second=scores.second,
    )


def _on_sealed(session: BenchSession, bundle: Bundle, described: Described) -> Scores:
    dev, sealed, seed = session.split.dev, session.split.sealed, session.spec.seed
    refs, inner = _refs(bundle), session.draw_folds(FOLDS)
    ours = Pair(_cases(session, refs, dev), _cases(session, refs, sealed))
    texture = described.texture
    simple = Pair(
        session_cases(session, texture[: len(dev)], dev), session_cases(session, texture[len(dev) :], sealed)
    )
    model = _predicted(bundle.deciding, ours.test)
    baseline = _predicted(fit_classifier(simple.dev, _numbers(simple.dev), inner), simple.test)
    interval = "Newcombe's score interval" if len(model.classes) == 2 else "bootstrap over patients"
    if model.task.is_ordinal:
        interval = (
            f"share of pairs of patients of different level in the right order (Harrell's C); {interval}"
        )
    return Scores(
        method=f"sealed patients, scored once; {interval}",
        ids=sealed,
        model=model,
        baseline=baseline,
        model_auc=estimate_auc(model, seed),
        baseline_auc=estimate_auc(baseline, seed),
        difference=compare(model, baseline, seed),
        permuted=_permuted(session, bundle, ours, model),
        baseline_features=simple.dev.rows.shape[1],
        shortcuts=_shortcuts_on_sealed(session, described, ours, inner),
        learning=learning_curve(ours, simple, session.facts.mode, seed),
        beside=beside_on_sealed(session, bundle, ours.dev, ours.test),
        second=second_on_sealed(session, bundle, ours.test),
    )


def _by_folds(session: BenchSession, bundle: Bundle, described: Described) -> Scores:
    """Take every figure from folds over all patients; honest because no label chose a feature."""
    ids, folds = session.split.dev, session.draw_folds(FOLDS)
    ours, simple = _cases(session, _refs(bundle), ids), session_cases(session, described.texture, ids)
    first, second = (
        cross_validate(one.rows, one.task, folds, signs=one.signs).fold_aucs for one in (ours, simple)
    )
    penalty = bundle.manifest.penalty
    peer = fit_classifier(simple, _numbers(simple), folds)
    method = (
        f"{folds.n_repeats} × {folds.n_folds}-fold cross-validation by patient, blind mode, nothing held out"
    )
    if ours.task.is_ordinal:
        method = f"share of pairs in the right order (Harrell's C), {method}"
    return Scores(
        method=f"{method}; corrected resampled interval",
        ids=ids,
        model=per_patient(ours, crossfit(ours, folds, penalty).probabilities),
        baseline=per_patient(simple, crossfit(simple, folds, peer.penalty).probabilities),
        model_auc=fold_estimate(first, folds.n_folds),
        baseline_auc=fold_estimate(second, folds.n_folds),
        difference=fold_difference(first - second, folds.n_folds),
        permuted=_permuted_folds(ours, folds, penalty, session.spec.seed),
        baseline_features=simple.rows.shape[1],
        shortcuts=_shortcuts_by_folds(described, ours, folds),
        learning=folded_learning_curve(ours, simple, folds, session.spec.seed),
        beside=beside_by_folds(session, bundle, ours, folds),
        second=second_by_folds(session, bundle, ours, folds),
    )


def _score(name: str, features: int, auc: Estimate, scored: Scored, shares: Floats) -> Score:
    return Score(
        name=name,
        features=features,
        auc=auc,
        brier=short(brier(scored)),
        brier_skill=short(brier_skill(scored, shares)),
        roc=roc_points(scored),
    )


def _predicted(model: Classifier | Forest, cases: Cases) -> Scored:
    return per_patient(cases, model.probabilities(cases.rows))


def _shares(cases: Cases) -> Floats:
    """Class shares by patient, in the order of the classes."""
    labels = per_patient(cases, np.zeros((len(cases.rows), 1))).labels
    return np.array([float((labels == one).mean()) for one in cases.classes])


def _permuted(session: BenchSession, bundle: Bundle, ours: Pair, scored: Scored) -> Permuted:
    """Refit on development permuted labels, and score the true labels of the held-out test set."""
    seed, penalty, aucs = session.spec.seed, bundle.manifest.penalty, []
    for draw in range(DRAWS):
        mixed = ours.dev.permuted(_draw_seed(seed, draw))
        model = refitted(session, bundle, mixed) or fit_at_penalty(mixed, _numbers(mixed), penalty)
        aucs.append(_predicted(model, ours.test).auc)
    return _permuted_record(aucs, permutation_p(scored, seed))


def _permuted_folds(ours: Cases, folds: Folds, penalty: float, seed: int) -> Permuted:
    few = Folds(folds.ids, folds.fold[:2], folds.n_folds)
    observed, *aucs = (
        cross_validate(ours.rows, task, few, (penalty,), ours.signs).auc
        for task in (ours.task, *(ours.task.permuted(_draw_seed(seed, draw)) for draw in range(DRAWS)))
    )
    return _permuted_record(aucs, (1 + sum(one >= observed for one in aucs)) / (1 + DRAWS))


def _permuted_record(aucs: list[float], p: float) -> Permuted:
    return Permuted(
        auc=short(float(np.mean(aucs))), low=short(min(aucs)), high=short(max(aucs)), draws=DRAWS, p=short(p)
    )


def _shortcuts_on_sealed(
    session: BenchSession, described: Described, ours: Pair, inner: Folds
) -> tuple[Shortcut, ...]:
    n_dev, found = described.n_dev, []
    for name, rows in described.shortcuts.items():
        if says_nothing(rows[:n_dev]):
            continue
        cases = ours.dev.with_rows(rows[:n_dev])
        model = fit_classifier(cases, _numbers(cases), inner)
        scored = _predicted(model, ours.test.with_rows(rows[n_dev:]))
        found.append(_shortcut(name, estimate_auc(scored, session.spec.seed)))
    return tuple(found)


def _shortcuts_by_folds(described: Described, ours: Cases, folds: Folds) -> tuple[Shortcut, ...]:
    return tuple(
        _shortcut(name, fold_estimate(cross_validate(rows, ours.task, folds).fold_aucs, folds.n_folds))
        for name, rows in described.shortcuts.items()
        if not says_nothing(rows)
    )


def _shortcut(name: str, auc: Estimate) -> Shortcut:
    return Shortcut(name=name, what=SHORTCUTS[name][0], auc=auc)


def _subgroups(session: BenchSession, scores: Scores, described: Described) -> tuple[Subgroup, ...]:
    if not has_skin(session.pack):
        return ()
    cases = session_cases(session, np.zeros((len(scores.ids), 1)), scores.ids)
    tones = tones_of(cases, described.tones_in_part(session.split.is_sealed))
    return by_skin_tone(scores.model, tones, session.spec.seed)


def _cases(session: BenchSession, refs: tuple[FeatureRef, ...], ids: tuple[int, ...]) -> Cases:
    return pool_cases(session, refs, ids)


def _refs(bundle: Bundle) -> tuple[FeatureRef, ...]:
    return tuple(FeatureRef(extractor=one.extractor, name=one.name) for one in bundle.manifest.features)


def _numbers(cases: Cases) -> tuple[str, ...]:
    return tuple(str(number) for number in range(cases.rows.shape[1]))


def _draw_seed(seed: int, draw: int) -> int:
    return int(np.random.SeedSequence([seed, 7, draw]).generate_state(1)[0])
