"""Controls of the table: what a row must not reach if the comparison is sound."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scafe.evals.peers.peer import Card, Fitted, Images, Peer, Rows, Setting, Train, View, Weights
from scafe.evals.peers.penalised import fit_ridge

WIDTH = 30
"""Random numbers an image: about as many as a frozen set has features."""


@dataclass(frozen=True)
class Noise:
    """Standard normal numbers, drawn from the hash of the image."""

    key: str = f"noise@1 {WIDTH}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one row an image."""
        return np.array([np.random.default_rng(int(key[:16], 16)).normal(size=WIDTH) for key in keys])


@dataclass(frozen=True)
class RandomFeatures:
    """The ridge on noise."""

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        title = f"Control: {WIDTH} random features → ridge"
        return Card("control-random", title, "control", "–", weights=Weights("trained here"))

    def views(self, setting: Setting) -> Sequence[View]:
        """Return noise."""
        return (Noise(),)

    def fit(self, train: Train) -> Fitted:
        """Fit the ridge."""
        return fit_ridge(train, Noise().key)


@dataclass(frozen=True)
class Shuffled:
    """Another peer, fitted on labels that were permuted among the training patients."""

    peer: Peer

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        title = f"Control: shuffled labels, features of {self.peer.card.name}"
        return Card("control-shuffled", title, "control", "–", weights=Weights("trained here"))

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the views of the peer."""
        return self.peer.views(setting)

    def fit(self, train: Train) -> Fitted:
        """Fit the peer on permuted labels."""
        return self.peer.fit(replace(train, task=train.task.permuted(train.seed)))
