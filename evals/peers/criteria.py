"""ScaFE's own rows: features from clinical criteria with the shipped classifier, and rows without labels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scafe.evals.peers.peer import Card, Fitted, Rows, Sample, Setting, Train, UnavailableError, View, Weights
from scafe.evals.peers.penalised import Narrow, chances, fit_ridge
from scafe.evals.scoring.ridge import Signs

SOURCE = "Wang and Ye 2026, arXiv:2606.18063"


@dataclass(frozen=True)
class Column:
    """One feature and what its criterion lets one expect."""

    name: str
    criterion: str
    sign: int = 0
    """+1: higher in the positive class by the pack, -1: lower, 0: not stated."""


@dataclass(frozen=True)
class CriteriaPeer:
    """A set of extractors, measured in the sandbox, and the shipped ridge."""

    name: str
    title: str
    view: View
    columns: tuple[Column, ...]
    labels_selected: int = 0
    note: str = ""
    prior: Signs = ()
    """Declared signs that the ridge has as its prior; (): a plain ridge."""

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        return Card(
            self.name,
            self.title,
            "criteria",
            SOURCE,
            weights=Weights("trained here"),
            labels_selected=self.labels_selected,
            note=self.note,
        )

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the extractors' values."""
        return (self.view,)

    def fit(self, train: Train) -> Fitted:
        """Fit the classifier that a bundle carries."""
        return fit_ridge(self.informed(train), self.view.key)

    def informed(self, train: Train) -> Train:
        """Return the training images with what is declared of these features."""
        return replace(train, signs={self.view.key: self.prior}) if self.prior else train

    @property
    def identity(self) -> str:
        """What a fit depends on beside name and code."""
        return " ".join(map(str, self.prior))

    def shares(self, fitted: Fitted, sample: Sample) -> dict[str, float]:
        """Return by criterion how much of the log-odds it moves: mean absolute contribution, summing to 1."""
        if not isinstance(fitted, Narrow):
            return {}
        moved = np.abs(fitted.model.contributions(sample[self.view.key])).mean(axis=0)
        total = float(moved.sum())
        found: dict[str, float] = {}
        for column, one in zip(self.columns, moved, strict=True):
            found[column.criterion] = found.get(column.criterion, 0.0) + float(one)
        return {name: value / total for name, value in found.items()} if total else {}


@dataclass(frozen=True)
class Absent:
    """A row of ScaFE that could not be made: it stays in the table with its reason."""

    name: str
    reason: str

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        return Card(self.name, "ScaFE, selected features", "criteria", SOURCE)

    def views(self, setting: Setting) -> Sequence[View]:
        """Raise: there is nothing to look at."""
        raise UnavailableError(self.reason)

    def fit(self, train: Train) -> Fitted:
        """Raise: it cannot learn either."""
        raise UnavailableError(self.reason)


@dataclass(frozen=True)
class NotAsked:
    """A row that takes minutes: it stays in the table and says how to get it."""

    card: Card

    def views(self, setting: Setting) -> Sequence[View]:
        """Raise: it was not asked for."""
        raise UnavailableError("takes minutes: ask for it with --peers and its name")

    def fit(self, train: Train) -> Fitted:
        """Raise: it was not asked for."""
        raise UnavailableError("it was not asked for")


@dataclass(frozen=True)
class UnitWeights:
    """No label: every feature with the sign that its criterion declares, all of one weight.

    References
    ----------
    .. [1] Dawes (1979), The robust beauty of improper linear models in decision making, American
       Psychologist 34(7), 571-582, doi:10.1037/0003-066X.34.7.571.
    """

    view: View
    columns: tuple[Column, ...]

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        return Card(
            "unit-weights",
            "Criteria features, unit weights with declared signs",
            "zero labels",
            "Dawes 1979, doi:10.1037/0003-066X.34.7.571",
            needs_labels=False,
        )

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the extractors' values; signs stand between two classes."""
        if len(setting.classes) > 2:
            raise UnavailableError("the pack's signs stand between two classes, and this data has more")
        if not any(column.sign for column in self.columns):
            raise UnavailableError("the pack declares no direction for these classes (class_direction)")
        return (self.view,)

    def fit(self, train: Train) -> Fitted:
        """Take location and spread of every feature from the images, not from their labels."""
        rows = train[self.view.key]
        signs = np.array([column.sign for column in self.columns], dtype=np.float64)
        measured = ~np.isnan(rows).all(axis=0)
        centres, spreads = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
        centres[measured] = np.nanmedian(rows[:, measured], axis=0)
        spreads[measured] = np.nanstd(rows[:, measured], axis=0)
        return _Sum(self.view.key, centres, np.where(spreads > 0, spreads, 1.0), signs)


@dataclass(frozen=True)
class _Sum:
    key: str
    centres: Rows
    spreads: Rows
    signs: Rows

    def predict(self, sample: Sample) -> Rows:
        """Return the sum as log-odds: a rank, not a calibrated probability."""
        values = np.clip((sample[self.key] - self.centres) / self.spreads, -3, 3)
        return chances((np.nan_to_num(values) @ self.signs / np.abs(self.signs).sum())[None])


@dataclass(frozen=True)
class Prevalence:
    """No feature: every patient gets the share of the classes, an AUC of .5 by construction."""

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        title = "Prevalence: the same answer for every patient"
        return Card("prevalence", title, "zero labels", "–", needs_labels=False)

    def views(self, setting: Setting) -> Sequence[View]:
        """Look at nothing."""
        return ()

    def fit(self, train: Train) -> Fitted:
        """Learn nothing."""
        return self

    def predict(self, sample: Sample) -> Rows:
        """Return equal shares: the training draws are balanced."""
        return np.full((len(sample), len(sample.classes)), 1 / len(sample.classes))
