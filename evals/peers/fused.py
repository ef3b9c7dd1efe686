"""ScaFE's features and another peer, stacked on inner folds: two scores of every patient made one.

The stack starts from the plain average of the two log-odds and moves away from it as labels allow: of 5
patients a class it is the average, of 80 the weights are nearly free (chosen weights were no better than the
average at these sizes, and worse at 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from scafe.evals.peers.criteria import CriteriaPeer
from scafe.evals.peers.peer import Card, Fitted, Peer, Rows, Sample, Setting, Train, View, Weights
from scafe.evals.peers.penalised import Narrow, Wide, chances, inner_folds, refit_ridge
from scafe.evals.scoring.ridge import fit_ridge_logistic
from scafe.evals.scoring.threads import one_thread

RIDGE = 1.0
"""Inverse penalty of the common scale of the two log-odds."""
LEAN = 0.3
"""How much shorter the axis of their difference is than that of their mean: its penalty is 1/LEAN² larger."""


@dataclass(frozen=True)
class Fused:
    """Two peers, and the weights that their scores get."""

    ours: CriteriaPeer
    other: Peer

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        theirs = self.other.card
        return Card(
            f"fused-{theirs.name}",
            f"Fused: {self.ours.title} + {theirs.title}",
            "fused",
            "Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1",
            egress=theirs.egress,
            weights=theirs.weights if theirs.weights.kind != "none" else Weights("trained here"),
            labels_selected=max(self.ours.labels_selected, theirs.labels_selected),
        )

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the views of both."""
        return (*self.ours.views(setting), *self.other.views(setting))

    def fit(self, train: Train) -> "FusedFit":
        """Fit both on all training patients, and the stack on what each says out of fold."""
        pair: tuple[Peer, Peer] = (self.ours, self.other)
        train = self.ours.informed(train)
        parts = tuple(one.fit(train) for one in pair)
        outside = [_out_of_fold(one, part, train) for one, part in zip(pair, parts, strict=True)]
        with one_thread():
            scale, lean, offset = _stack(outside, train)
        return FusedFit(self.ours, (parts[0], parts[1]), scale, lean, offset)


@dataclass(frozen=True)
class FusedFit:
    """Both peers fitted, and one weight each per class against the rest."""

    ours: CriteriaPeer
    parts: tuple[Fitted, Fitted]
    scale: Rows
    """(n_codes,) weight of the mean of the two log-odds."""
    lean: Rows
    """(n_codes,) weight of half their difference, ours minus the other's."""
    offset: Rows

    def predict(self, sample: Sample) -> Rows:
        """Return probabilities."""
        first, second = (_log_odds(part.predict(sample)) for part in self.parts)
        mean, half = (first + second) / 2, (first - second) / 2
        return chances(self.scale[:, None] * mean + self.lean[:, None] * half + self.offset[:, None])

    def shares(self, sample: Sample) -> dict[str, float]:
        """Return how much each part moves the log-odds, and of ours how much each criterion."""
        first, second = (_log_odds(part.predict(sample)).std(axis=1) for part in self.parts)
        weights = np.abs((self.scale + self.lean) / 2) * first, np.abs((self.scale - self.lean) / 2) * second
        ours, theirs = (float(one.mean()) for one in weights)
        total = ours + theirs
        share = ours / total if total else 0.5
        inside = self.ours.shares(self.parts[0], sample)
        named = {f"criterion {name}": share * part for name, part in sorted(inside.items())}
        return {"ScaFE": share, "other": 1 - share, **named}


def _out_of_fold(peer: Peer, fitted: Fitted, train: Train) -> Rows:
    """(n_codes, n) log-odds that a peer gives images it was not fitted on.

    A ridge keeps the penalty it chose on all training patients: choosing it anew costs five times as much.
    """
    folds = inner_folds(train)
    found = np.zeros((len(train.task.codes), len(train)))
    for test in folds.tests:
        part = train.select(~test)
        inside = refit_ridge(part, fitted) if isinstance(fitted, (Narrow, Wide)) else peer.fit(part)
        found[:, test] = _log_odds(inside.predict(train.select(test).unlabelled()))
    return found


def _stack(outside: Sequence[Rows], train: Train) -> tuple[Rows, Rows, Rows]:
    first, second = outside
    betas = []
    for place, code in enumerate(train.task.codes):
        mean, half = (first[place] + second[place]) / 2, (first[place] - second[place]) / 2
        design = np.column_stack([np.ones(len(train)), mean, half * LEAN])
        ones = np.ones((1, len(train)))
        betas.append(fit_ridge_logistic(design[None], ones, code[None], np.array([RIDGE]))[0, 0])
    found = np.array(betas)
    # A stack that reads both scores upside down has met noise: it keeps the plain average.
    scale = np.where(found[:, 1] > 0, found[:, 1], 1.0)
    lean = np.clip(found[:, 2] * LEAN, -scale, scale)
    return scale, lean, found[:, 0]


def _log_odds(probabilities: Rows) -> Rows:
    """(n_codes, n) log-odds, clipped to what a few hundred images can tell."""
    codes = probabilities[:, :1] if probabilities.shape[1] == 2 else probabilities
    return np.asarray(logit(np.clip(codes, 1e-4, 1 - 1e-4)).T)
