"""Freeze a pool: fit the classifier on the development part, measure every feature, write the bundle."""

import hashlib
import math
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scafe.evals.disclosure.bench import FeatureRef, Frozen
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.frozen.agreement import (
    CARD,
    CLASSIFIER,
    ENSEMBLE,
    FUSED,
    LOCATOR,
    PHANTOMS,
    RESPONSES,
    card_file,
    extractor_file,
)
from scafe.evals.frozen.beside.ensemble import freeze_ensemble
from scafe.evals.frozen.beside.fused import freeze_fused
from scafe.evals.frozen.bundle import canonical_json, environment, write_bundle
from scafe.evals.frozen.cards import feature_card, model_card
from scafe.evals.frozen.contents import MANIFEST
from scafe.evals.frozen.fingerprints import response_curves, take_fingerprints
from scafe.evals.frozen.fitting import Fit, Threshold, choose_threshold, corrected_interval, fit_pool
from scafe.evals.frozen.records import (
    Development,
    Found,
    FrozenCompanion,
    FrozenEnsemble,
    FrozenFeature,
    FrozenLocator,
    Manifest,
    PackIdentity,
    Responses,
)
from scafe.evals.frozen.stored_phantoms import dump_phantoms
from scafe.evals.scoring.assessment import short
from scafe.evals.scoring.cases import Cases, per_patient
from scafe.evals.scoring.classifier import dump_classifier
from scafe.evals.scoring.ridge import stretch
from scafe.evals.scoring.splits import N_FOLDS
from scafe.evals.scoring.stats import auc, auc_variance
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.contract.extractor import Direction
from scafe.knowledge.criteria.directions import predicted_sign
from scafe.knowledge.criteria.pack import Citation, CriteriaPack, Criterion
from scafe.sandbox.language.toolkit_text import files_for
from scafe.sandbox.probes.agreement import is_flat

Predicted = Literal["up", "down", "either"]
Floats = NDArray[np.float64]
PAST = 2.0
"""Standard errors from which a direction counts as found."""


def freeze(
    session: BenchSession, pool: tuple[FeatureRef, ...], folder: str, lineage: dict[str, list[str]]
) -> Frozen:
    """Write the bundle of a pool. The same session and pool give the same bytes.

    Parameters
    ----------
    session : BenchSession
    pool : tuple of FeatureRef
        The features, in order.
    folder : str
        Folder of the bundle, made anew; a zip of it is put beside.
    lineage : dict
        SHA-256 of an extractor -> SHA-256 of the revisions it came from, nearest first.

    Raises
    ------
    InputError
        The pool is empty, or `folder` holds something that is not a bundle.
    """
    if not pool:
        raise InputError(
            "the pool is empty, so there is nothing to freeze; let the run go on, or lower no bar"
        )
    target = Path(folder)
    _require_free(target)
    fit = fit_pool(session, pool)
    beside = _beside(session, fit)
    fit = beside.fit
    refs = {column.name: (column.ref.extractor, column.ref.name) for column in fit.columns}
    kind = session.pack.phantom
    sources = {ref.extractor: session.source(ref.extractor) for ref in pool}
    responses = Responses(
        own_dial={column.name: column.criterion.dial or "" for column in fit.columns},
        curves=response_curves(session.pool, kind, sources, refs, session.spec.seed),
    )
    taken = take_fingerprints(session.pool, kind, sources, refs)
    manifest = _manifest(session, fit, lineage).model_copy(
        update={"fingerprints": taken.fingerprints, **beside.records}
    )
    files = _files(manifest, responses, fit, sources) | {PHANTOMS: dump_phantoms(taken.images)}
    files |= beside.files
    if session.regions is not None:
        source = session.regions.locator.source
        files |= {LOCATOR: source.encode(), **files_for([source])}
    sha256 = _replace(target, manifest, files)
    return Frozen(bundle=folder, sha256=sha256, features=len(pool), criteria=manifest.criteria)


@dataclass(frozen=True)
class _Beside:
    """What a run asked for beside the ridge over its features."""

    fit: Fit
    """Of the classifier that decides."""
    records: dict[str, FrozenCompanion | FrozenEnsemble | None]
    """Fields of the manifest."""
    files: dict[str, bytes]


def _beside(session: BenchSession, fit: Fit) -> _Beside:
    fused, ensemble = freeze_fused(session, fit), freeze_ensemble(session, fit)
    return _Beside(
        fit=ensemble.fit if ensemble else fit,
        records={
            "companion": fused.record if fused else None,
            "ensemble": ensemble.record if ensemble else None,
        },
        files={
            **({FUSED: fused.content} if fused else {}),
            **({ENSEMBLE: ensemble.content} if ensemble else {}),
        },
    )


PREDICTED: dict[int, Predicted] = {1: "up", -1: "down", 0: "either"}


def predicted_direction(criterion: Criterion, direction: Direction, classes: tuple[str, ...]) -> Predicted:
    """Say in a word what pack and feature declare together, as the prior of the ridge takes it.

    Parameters
    ----------
    criterion : Criterion
        Its `class_direction` has keys like `keloid_minus_hypertrophic_scar`.
    direction : Direction
        How the feature moves as there is more of the criterion.
    classes : tuple of str
        Labels, positive first.
    """
    if len(classes) != 2:
        return "either"
    return PREDICTED[predicted_sign(criterion, direction, classes)]


def pack_identity(pack: CriteriaPack) -> PackIdentity:
    """Identify a pack by id, version and the hash of its content."""
    return PackIdentity(
        id=pack.id, version=pack.version, sha256=hashlib.sha256(canonical_json(pack)).hexdigest()
    )


def _manifest(session: BenchSession, fit: Fit, lineage: dict[str, list[str]]) -> Manifest:
    threshold = choose_threshold(fit.held_out)
    return Manifest(
        pack=pack_identity(session.pack),
        phantom=session.pack.phantom,
        classes=session.facts.classes,
        threshold=threshold.value,
        penalty=fit.classifier.penalty,
        prior=fit.cases.signs if stretch(fit.cases.signs) is not None else (),
        mode=session.facts.mode,
        seed=session.spec.seed,
        data_sha256=session.facts.data_sha256,
        channels=session.pack.modality.channels,
        segment=session.dataset.segmented,
        locator=_locator(session),
        fitted=session.spec.fitted,
        unmasked=_unmasked(session),
        mask_label=session.dataset.reading.mask_label,
        window=session.dataset.reading.window,
        ignore_columns=session.spec.ignore_columns,
        patient_column=session.spec.patient_column,
        scorer_sha256=session.facts.scorer_sha256,
        features=tuple(_frozen_feature(session, fit, number, lineage) for number in range(len(fit.columns))),
        development=_development(session, fit, threshold),
        fingerprints=(),
        environment=environment(),
        files={},
    )


def _locator(session: BenchSession) -> FrozenLocator | None:
    if session.regions is None:
        return None
    one = session.regions.locator
    return FrozenLocator(region=one.region, sha256=one.sha256, file=LOCATOR, masks=session.regions.counts())


def _unmasked(session: BenchSession) -> int:
    return 0 if session.regions else session.dataset.unmasked


def _frozen_feature(
    session: BenchSession, fit: Fit, number: int, lineage: dict[str, list[str]]
) -> FrozenFeature:
    column, coefficients = fit.columns[number], fit.fold_coefficients[:, number]
    feature, criterion, final = column.feature, column.criterion, fit.classifier.coefficients[number]
    alone = _alone(fit.cases, number)
    return FrozenFeature(
        column=column.name,
        name=feature.name,
        extractor=column.ref.extractor,
        revision=column.ref.revision,
        file=extractor_file(criterion.id, column.ref.extractor),
        criterion=criterion.id,
        unit=feature.unit,
        range=feature.range,
        meaning=feature.meaning,
        direction=feature.direction,
        predicted=predicted_direction(criterion, feature.direction, session.facts.classes),
        found=alone.found,
        auc=alone.auc,
        coefficient=short(final),
        sign_stability=round(float(np.mean(np.sign(coefficients) == np.sign(final))), 3),
        gain=corrected_interval(fit.fold_aucs - fit.fold_aucs_without[number], N_FOLDS),
        citation=_citation(session.pack, criterion, feature.name),
        lineage=tuple(reversed(lineage.get(column.ref.extractor, ()))),
    )


@dataclass(frozen=True)
class _Alone:
    """One feature without any model."""

    auc: float
    found: Found


def _alone(cases: Cases, number: int) -> _Alone:
    """AUC of one feature, and its direction if that is past two standard errors; by patient."""
    values = cases.rows[:, number]
    measured = np.isfinite(values)
    scored = per_patient(cases.select(measured), values[measured, np.newaxis])
    scores, positive = scored.probabilities[:, 0], scored.positive
    value = auc(scores, positive)
    if not math.isfinite(value) or is_flat(scores):
        return _Alone(0.5, "unclear")
    error = math.sqrt(auc_variance(scores, positive))
    if abs(value - 0.5) <= PAST * error:
        return _Alone(short(value), "unclear")
    return _Alone(short(value), "up" if value > 0.5 else "down")


def _citation(pack: CriteriaPack, criterion: Criterion, name: str) -> Citation:
    of_proxy = next((proxy.citation for proxy in criterion.proxies if proxy.id == name), None)
    return of_proxy or criterion.citation or pack.citation


def _development(session: BenchSession, fit: Fit, threshold: Threshold) -> Development:
    score = corrected_interval(fit.nested_aucs, N_FOLDS)
    counts = Counter(str(label) for label in fit.held_out.labels)
    return Development(
        auc=score.mean,
        low=max(0.0, score.low),
        high=min(1.0, score.high),
        sensitivity=short(threshold.sensitivity),
        specificity=short(threshold.specificity),
        patients={label: counts[label] for label in session.facts.classes},
    )


def _files(manifest: Manifest, responses: Responses, fit: Fit, sources: dict[str, str]) -> dict[str, bytes]:
    positive = manifest.classes[0]
    texts = {feature.file: sources[feature.extractor] for feature in manifest.features}
    texts[CARD] = model_card(manifest)
    for feature in manifest.features:
        texts[card_file(feature.column)] = feature_card(feature, positive, responses)
    binary = {CLASSIFIER: dump_classifier(fit.classifier), RESPONSES: canonical_json(responses)}
    plain = {name: text.encode() for name, text in texts.items()}
    return {**plain, **binary, **files_for(sources.values())}


def _require_free(target: Path) -> None:
    if target.exists() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise InputError(
            f"{target} holds something that is not a bundle; name an empty folder for the bundle"
        )


def _replace(target: Path, manifest: Manifest, files: dict[str, bytes]) -> str:
    """Write beside the target and rename, so that a killed run leaves no half bundle under its name."""
    half = target.with_name(target.name + ".half")
    shutil.rmtree(half, ignore_errors=True)
    sha256 = write_bundle(half, manifest, files)
    if target.exists():
        shutil.rmtree(target)
    half.rename(target)
    half.with_name(half.name + ".zip").replace(target.with_name(target.name + ".zip"))
    return sha256
