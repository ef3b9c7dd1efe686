"""The pool fitted and measured on the development part: what freezing and scoring both start from."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from scafe.evals.disclosure.bench import FeatureRef, column_names
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.frozen.records import Gain
from scafe.evals.scoring.assessment import estimate, short
from scafe.evals.scoring.cases import Cases, Scored, per_patient
from scafe.evals.scoring.classifier import Classifier, fit_classifier
from scafe.evals.scoring.crossfit import crossfit
from scafe.evals.scoring.headline import Difference, Estimate
from scafe.evals.scoring.score import PENALTIES, cross_validate
from scafe.evals.scoring.splits import Folds
from scafe.evals.scoring.stats import corrected_test
from scafe.knowledge.contract.extractor import Feature, parse_extractor
from scafe.knowledge.criteria.pack import Criterion

Floats = NDArray[np.float64]
FOLDS = "frozen"
"""Purpose of the folds that gains are taken on: neither the loop nor pruning has seen them."""


@dataclass(frozen=True)
class Column:
    """One feature on its way into the bundle."""

    name: str
    """Name of the column."""
    ref: FeatureRef
    feature: Feature
    criterion: Criterion


@dataclass(frozen=True)
class Threshold:
    """A cut on the probability of the positive class, with what it does out of fold."""

    value: float
    sensitivity: float
    specificity: float


@dataclass(frozen=True)
class Fit:
    """The pool, fitted and measured on the development part."""

    columns: tuple[Column, ...]
    cases: Cases
    classifier: Classifier
    held_out: Scored
    fold_coefficients: Floats
    nested_aucs: Floats
    """(n_folds,) of the whole pool on folds of its own, each fold choosing its own penalty."""
    fold_aucs: Floats
    """(n_folds,) of the same at the frozen penalty, to compare with `fold_aucs_without`."""
    fold_aucs_without: Floats
    """(n_features, n_folds), each feature left out in turn."""


def fit_pool(session: BenchSession, pool: tuple[FeatureRef, ...]) -> Fit:
    """Fit the classifier on the development part and cross-validate it on fresh folds."""
    ids, folds = session.split.dev, session.draw_folds(FOLDS)
    cases = pool_cases(session, pool, ids)
    columns = name_columns(session, pool)
    classifier = fit_classifier(cases, tuple(column.name for column in columns), folds)
    fitted = crossfit(cases, folds, classifier.penalty)
    fixed = (classifier.penalty,)
    without = [_fold_aucs(cases.without(number), folds, fixed) for number in range(len(columns))]
    return Fit(
        columns=columns,
        cases=cases,
        classifier=classifier,
        held_out=per_patient(cases, fitted.probabilities),
        fold_coefficients=fitted.coefficients,
        nested_aucs=_fold_aucs(cases, folds),
        fold_aucs=_fold_aucs(cases, folds, fixed),
        fold_aucs_without=np.array(without),
    )


def _fold_aucs(cases: Cases, folds: Folds, penalties: tuple[float, ...] = PENALTIES) -> Floats:
    return cross_validate(cases.rows, cases.task, folds, penalties, cases.signs).fold_aucs


def pool_cases(session: BenchSession, pool: tuple[FeatureRef, ...], ids: tuple[int, ...]) -> Cases:
    """Put the values of pooled features beside labels, patients, and what is declared of each feature."""
    return replace(session_cases(session, session.matrix(pool, ids), ids), signs=session.signs(pool))


def session_cases(session: BenchSession, rows: Floats, ids: tuple[int, ...]) -> Cases:
    """Put rows of numbers beside the labels and patients of the items they were taken from."""
    return Cases(rows, session.task(ids), session.facts.classes)


def name_columns(session: BenchSession, pool: tuple[FeatureRef, ...]) -> tuple[Column, ...]:
    """Name the columns and find what their extractors declare of them."""
    columns = []
    for ref, name in zip(pool, column_names(pool), strict=True):
        extractor = parse_extractor(session.source(ref.extractor))
        feature = next(one for one in extractor.features if one.name == ref.name)
        columns.append(Column(name, ref, feature, session.pack.criterion(extractor.criterion)))
    return tuple(columns)


def choose_threshold(scored: Scored) -> Threshold:
    """Choose the cut with the largest sensitivity + specificity; of equals the one nearest to one half.

    References
    ----------
    .. [1] Youden (1950), Index for Rating Diagnostic Tests, Cancer 3(1), 32-35,
       doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3.
    """
    chances, positive = scored.chances, scored.positive
    values = np.unique(chances)
    cuts = np.round(np.concatenate([[0.5], (values[1:] + values[:-1]) / 2]), 6)
    rates = [
        (float((chances[positive] >= cut).mean()), float((chances[~positive] < cut).mean())) for cut in cuts
    ]
    best = min(range(len(cuts)), key=lambda one: (-round(sum(rates[one]), 9), abs(cuts[one] - 0.5)))
    return Threshold(float(cuts[best]), *rates[best])


def corrected_interval(values: Floats, n_folds: int, level: float = 0.95) -> Gain:
    """Return the mean over resampled folds with its interval, corrected for the cases that folds share.

    References
    ----------
    .. [1] Nadeau and Bengio (2003), Inference for the Generalization Error, Machine Learning 52,
       239-281, doi:10.1023/A:1024068626366.
    """
    test = corrected_test(values, 1 / (n_folds - 1))
    reach = float(student.ppf(0.5 + level / 2, len(values) - 1)) * test.se
    return Gain(mean=short(test.mean), low=short(test.mean - reach), high=short(test.mean + reach))


def fold_estimate(aucs: Floats, n_folds: int) -> Estimate:
    """Return the mean AUC over resampled folds with its corrected 95 % interval, cut at 0 and 1."""
    found = corrected_interval(aucs, n_folds)
    return estimate(found.mean, max(0.0, found.low), min(1.0, found.high))


def fold_difference(aucs: Floats, n_folds: int) -> Difference:
    """Return a mean difference of AUC over identical resampled folds with its corrected 95 % interval."""
    found = corrected_interval(aucs, n_folds)
    method = "corrected resampled interval over identical folds"
    return Difference(auc=estimate(found.mean, found.low, found.high), p=None, method=method)
