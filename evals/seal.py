"""The sealed part: scored once. The attempt burns it, whatever comes of the attempt.

The marker is on disk before the first sealed image is looked at, so a crash, a SIGKILL or a power cut in
the middle leaves a burnt seal without an answer, and a second opening is refused.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from scafe.evals.assessment import (
    brier,
    brier_skill,
    calibrate,
    call,
    compare,
    estimate,
    estimate_auc,
    net_benefit,
    permutation_p,
    roc_points,
    short,
)
from scafe.evals.bench import FeatureRef, Opened
from scafe.evals.bundle import Bundle, canonical_json, open_bundle
from scafe.evals.cases import Cases, Scored, per_patient
from scafe.evals.classifier import fit_at_penalty, fit_classifier
from scafe.evals.controls import Study, run_controls
from scafe.evals.crossfit import crossfit
from scafe.evals.features import write_atomically
from scafe.evals.freeze import FOLDS, corrected_interval, session_cases
from scafe.evals.headline import Difference, Estimate, Headline, Permuted, Score
from scafe.evals.peers import colour_texture
from scafe.evals.score import cross_validate
from scafe.evals.session import BenchSession
from scafe.evals.splits import Folds
from scafe.knowledge.errors import IntegrityError, SealError

MARKER = "seal.json"
HEADLINE = "headline.json"
DRAWS = 20
"""Refits on permuted labels."""


def open_seal(session: BenchSession, bundle: str, actor: str) -> Opened:
    """Score a bundle on the sealed part, once.

    Where the data is too small to seal, the same figures come from one cross-validation in blind mode,
    where no label chose anything, and nothing is burnt.

    Parameters
    ----------
    session : BenchSession
    bundle : str
        Folder of the bundle.
    actor : str
        Who opens; recorded, and told to whoever tries again.

    Raises
    ------
    SealError
        It was opened before (when, and by whom), or the bundle was frozen on other data.
    IntegrityError
        A file of the bundle is not what was frozen.
    """
    opened = open_bundle(bundle)
    _require_same_data(session, opened)
    if session.split.is_sealed:
        _burn(session, opened, actor)
        headline = _score_sealed(session, opened)
    else:
        headline = _cross_validated(session, opened)
    write_atomically(session.folder / HEADLINE, canonical_json(headline))
    return summary(headline, opened)


def read_headline(session: BenchSession) -> Headline:
    """Return what the opening said, for the report.

    Raises
    ------
    SealError
        The seal was not opened yet, or the attempt ended without an answer.
    """
    path = session.folder / HEADLINE
    try:
        return Headline.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise SealError(
            "there is no headline yet; open the seal first. If an attempt was cut off, the sealed part is "
            "burnt: draw new patients, or report the development score as what it is, optimistic"
        ) from None
    except ValidationError as error:
        raise IntegrityError(
            f"{path} is not a headline ({error.error_count()} faults); it was changed"
        ) from None


def find_headline(session: BenchSession) -> Headline | None:
    """Return what the opening said; None if the seal is closed, or was burnt without an answer."""
    return read_headline(session) if (session.folder / HEADLINE).exists() else None


def summary(headline: Headline, bundle: Bundle) -> Opened:
    """Shorten a headline to what the command line shows."""
    model, voids = headline.model, headline.controls.voids
    return Opened(
        auc=model.auc.value,
        low=model.auc.low,
        high=model.auc.high,
        baseline_auc=headline.baseline.auc.value,
        permuted_auc=headline.permuted.auc,
        dev_auc=bundle.manifest.development.auc,
        sealed=headline.sealed,
        difference=headline.difference.auc.value,
        difference_low=headline.difference.auc.low,
        difference_high=headline.difference.auc.high,
        voided="; ".join(f"{one.name}: {one.result}" for one in voids) or None,
    )


def _require_same_data(session: BenchSession, bundle: Bundle) -> None:
    frozen, now = bundle.manifest.data_sha256, session.facts.data_sha256
    if frozen != now:
        raise SealError(
            f"the bundle was frozen on data {frozen[:12]}…, this bench holds {now[:12]}…; "
            "open the seal of the run that froze it"
        )


def _burn(session: BenchSession, bundle: Bundle, actor: str) -> None:
    """Put the marker on disk, or refuse because it is there."""
    path = session.folder / MARKER
    record = {
        "actor": actor,
        "bundle": bundle.sha256,
        "data_sha256": session.facts.data_sha256,
        "opened_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "scorer_sha256": session.facts.scorer_sha256,
    }
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SealError(_already(path)) from None
    with os.fdopen(handle, "wb") as file:
        file.write((json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def _already(path: Path) -> str:
    try:
        record = json.loads(path.read_bytes())
        told = f"at {record['opened_at']} by {record['actor']}, for bundle {record['bundle'][:12]}…"
    except (ValueError, KeyError, TypeError):
        told = "before, by an attempt that was cut off while it wrote its name"
    return (
        f"the sealed part was opened {told}; it can be scored once, and a failed attempt counts. "
        "Draw new patients for another test"
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _score_sealed(session: BenchSession, bundle: Bundle) -> Headline:
    dev, sealed = session.split.dev, session.split.sealed
    refs = _refs(bundle)
    ours = _Pair(_cases(session, refs, dev), _cases(session, refs, sealed))
    simple = _Pair(_baseline_cases(session, dev), _baseline_cases(session, sealed))
    inner = session.draw_folds(FOLDS)
    peer = fit_classifier(simple.dev, _numbers(simple.dev), inner)
    model = per_patient(ours.test, bundle.classifier.probabilities(ours.test.rows))
    baseline = per_patient(simple.test, peer.probabilities(simple.test.rows))
    seed = session.spec.seed
    return _headline(
        session,
        bundle,
        _Scores(
            method=f"sealed patients, scored once; {_interval_name(bundle)}",
            images=len(sealed),
            model=model,
            baseline=baseline,
            model_auc=estimate_auc(model, seed),
            baseline_auc=estimate_auc(baseline, seed),
            difference=compare(model, baseline, seed),
            permuted=_permuted(ours, bundle.manifest.penalty, seed),
            baseline_features=simple.dev.rows.shape[1],
        ),
    )


def _cross_validated(session: BenchSession, bundle: Bundle) -> Headline:
    """Take every figure from folds over all patients; honest because no label chose a feature."""
    ids, folds = session.split.dev, session.draw_folds(FOLDS)
    ours, simple = _cases(session, _refs(bundle), ids), _baseline_cases(session, ids)
    first = cross_validate(ours.rows, ours.task, folds)
    second = cross_validate(simple.rows, simple.task, folds)
    peer = fit_classifier(simple, _numbers(simple), folds)
    difference = corrected_interval(first.fold_aucs - second.fold_aucs, folds.n_folds)
    method = (
        f"{folds.n_repeats} × {folds.n_folds}-fold cross-validation by patient, blind mode, no sealed part"
    )
    return _headline(
        session,
        bundle,
        _Scores(
            method=f"{method}; corrected resampled interval",
            images=len(ids),
            model=per_patient(ours, crossfit(ours, folds, bundle.manifest.penalty).probabilities),
            baseline=per_patient(simple, crossfit(simple, folds, peer.penalty).probabilities),
            model_auc=_fold_estimate(first.fold_aucs, folds),
            baseline_auc=_fold_estimate(second.fold_aucs, folds),
            difference=Difference(
                auc=estimate(difference.mean, difference.low, difference.high),
                p=None,
                method="corrected resampled interval over identical folds",
            ),
            permuted=_permuted_folds(ours, folds, bundle.manifest.penalty, session.spec.seed),
            baseline_features=simple.rows.shape[1],
        ),
    )


class _Pair:
    """The same features on both parts."""

    def __init__(self, dev: Cases, test: Cases) -> None:
        self.dev, self.test = dev, test


class _Scores:
    """What both ways of scoring hand to the headline."""

    def __init__(
        self,
        *,
        method: str,
        images: int,
        model: Scored,
        baseline: Scored,
        model_auc: Estimate,
        baseline_auc: Estimate,
        difference: Difference,
        permuted: Permuted,
        baseline_features: int,
    ) -> None:
        self.method, self.images = method, images
        self.model, self.baseline = model, baseline
        self.model_auc, self.baseline_auc = model_auc, baseline_auc
        self.difference, self.permuted = difference, permuted
        self.baseline_features = baseline_features


def _headline(session: BenchSession, bundle: Bundle, scores: _Scores) -> Headline:
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
        images=scores.images,
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
    )


def _score(name: str, features: int, auc: Estimate, scored: Scored, shares: NDArray[np.float64]) -> Score:
    return Score(
        name=name,
        features=features,
        auc=auc,
        brier=short(brier(scored)),
        brier_skill=short(brier_skill(scored, shares)),
        roc=roc_points(scored),
    )


def _shares(cases: Cases) -> NDArray[np.float64]:
    """Class shares by patient, in the order of the classes."""
    labels = per_patient(cases, np.zeros((len(cases.rows), 1))).labels
    return np.array([float((labels == one).mean()) for one in cases.classes])


def _permuted(ours: _Pair, penalty: float, seed: int) -> Permuted:
    """Refit on development labels dealt anew, and score the true labels of the sealed part."""
    aucs = []
    for draw in range(DRAWS):
        model = fit_at_penalty(ours.dev.permuted(_draw_seed(seed, draw)), _numbers(ours.dev), penalty)
        aucs.append(per_patient(ours.test, model.probabilities(ours.test.rows)).auc)
    true = fit_at_penalty(ours.dev, _numbers(ours.dev), penalty)
    scored = per_patient(ours.test, true.probabilities(ours.test.rows))
    return _permuted_record(aucs, permutation_p(scored, seed))


def _permuted_folds(ours: Cases, folds: Folds, penalty: float, seed: int) -> Permuted:
    few = Folds(folds.ids, folds.fold[:2], folds.n_folds)
    observed = cross_validate(ours.rows, ours.task, few, (penalty,)).auc
    aucs = [
        cross_validate(ours.rows, ours.task.permuted(_draw_seed(seed, draw)), few, (penalty,)).auc
        for draw in range(DRAWS)
    ]
    return _permuted_record(aucs, (1 + sum(one >= observed for one in aucs)) / (1 + DRAWS))


def _permuted_record(aucs: list[float], p: float) -> Permuted:
    return Permuted(
        auc=short(float(np.mean(aucs))), low=short(min(aucs)), high=short(max(aucs)), draws=DRAWS, p=short(p)
    )


def _fold_estimate(aucs: NDArray[np.float64], folds: Folds) -> Estimate:
    found = corrected_interval(aucs, folds.n_folds)
    return estimate(found.mean, max(0.0, found.low), min(1.0, found.high))


def _cases(session: BenchSession, refs: tuple[FeatureRef, ...], ids: tuple[int, ...]) -> Cases:
    return session_cases(session, session.matrix(refs, ids), ids)


def _baseline_cases(session: BenchSession, ids: tuple[int, ...]) -> Cases:
    images = (session.dataset.load(index) for index in ids)
    return session_cases(session, colour_texture.colour_texture_rows(images), ids)


def _refs(bundle: Bundle) -> tuple[FeatureRef, ...]:
    return tuple(FeatureRef(extractor=one.extractor, name=one.name) for one in bundle.manifest.features)


def _numbers(cases: Cases) -> tuple[str, ...]:
    return tuple(str(number) for number in range(cases.rows.shape[1]))


def _interval_name(bundle: Bundle) -> str:
    return "Newcombe's score interval" if len(bundle.manifest.classes) == 2 else "bootstrap over patients"


def _draw_seed(seed: int, draw: int) -> int:
    return int(np.random.SeedSequence([seed, 7, draw]).generate_state(1)[0])
