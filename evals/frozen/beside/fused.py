"""Criteria features and a companion under one ridge: fitted at the freeze, kept in the bundle."""

from dataclasses import dataclass

import numpy as np

from scafe.evals.companion.companion import Appearance
from scafe.evals.companion.joined import Joined, fit_joined, side_by_side
from scafe.evals.disclosure.session import BenchSession
from scafe.evals.frozen.fitting import FOLDS, Fit
from scafe.evals.frozen.records import FrozenCompanion
from scafe.evals.scoring.cases import Cases, Rows
from scafe.evals.scoring.classifier import Classifier, dump_classifier
from scafe.evals.scoring.splits import Folds

PREFIX = "appearance"
"""Begins the name of a companion's column; no feature's name holds a space."""


@dataclass(frozen=True)
class Fused:
    """The fused classifier, and what a manifest says of it."""

    record: FrozenCompanion
    content: bytes


def freeze_fused(session: BenchSession, fit: Fit) -> Fused | None:
    """Fit criteria features and companion on the development part; None without a companion."""
    if session.appearance is None:
        return None
    rows = appearance_rows(session, session.appearance, session.split.dev)
    columns = fit.classifier.columns
    joined = fit_both(fit.cases, rows, columns, session.appearance, session.draw_folds(FOLDS))
    record = FrozenCompanion(
        note=session.appearance.companion.note, numbers=rows.shape[1], penalty=joined.penalty
    )
    return Fused(record, dump_classifier(joined.classifier()))


def fit_both(
    cases: Cases, appearance: Rows, columns: tuple[str, ...], companion: Appearance, folds: Folds
) -> Joined:
    """Fit one ridge over two blocks of columns; `cases` hold the criteria features alone."""
    blocks = side_by_side(
        columns,
        column_names(appearance.shape[1]),
        one_scale=companion.companion.one_scale,
        signs=cases.signs,
    )
    return fit_joined(cases.with_rows(np.hstack([cases.rows, appearance])), blocks, folds)


def appearance_rows(session: BenchSession, appearance: Appearance, ids: tuple[int, ...]) -> Rows:
    """Return (len(ids), n_numbers) of the companion, on images as extractors get them."""
    return appearance.rows(session.shown(ids).images, ids)


def column_names(numbers: int) -> tuple[str, ...]:
    """Name the columns of a companion.

    Examples
    --------
    >>> column_names(2)
    ('appearance 0', 'appearance 1')
    """
    return tuple(f"{PREFIX} {number}" for number in range(numbers))


def split_shares(classifier: Classifier, rows: Rows, criteria: int) -> tuple[Rows, Rows]:
    """Return what the criteria features (n, criteria) and the companion (n,) add to the log-odds."""
    shares = classifier.contributions(rows)
    return shares[:, :criteria], np.asarray(shares[:, criteria:].sum(axis=1))
