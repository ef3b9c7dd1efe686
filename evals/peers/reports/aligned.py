"""A picture aligned with its report: each looks at the other, and a contrastive loss joins pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scafe.evals.peers.image_text import WAY_OUT, LocalModel
from scafe.evals.peers.peer import (
    Card,
    Fitted,
    Rows,
    Sample,
    Setting,
    Train,
    UnavailableError,
    View,
    Weights,
)
from scafe.evals.peers.reports.alignment import build_alignment
from scafe.evals.peers.reports.texts import readable_texts
from scafe.evals.peers.reports.views import KEY, Places, Tokens, unpacked
from scafe.evals.peers.training import TORCH, Recipe, require, train_network

RECIPE = Recipe(30, 1e-3, 1e-2)
SOURCE = (
    "Radford 2021, arXiv:2103.00020; Liu 2021, doi:10.1109/ICCV48922.2021.00986; "
    "Alsentzer 2019, doi:10.18653/v1/W19-1909"
)
PAIR = "picture and report"
"""Name of the view that joins both for the training loop."""


@dataclass(frozen=True)
class ImageTextPeer:
    """A frozen Swin and a frozen BERT; cross attention and two projections are trained here.

    References
    ----------
    .. [1] Radford et al. (2021), Learning Transferable Visual Models From Natural Language Supervision,
       arXiv:2103.00020 (the contrastive loss over the pairs of a batch).
    .. [2] Liu et al. (2021), Swin Transformer, ICCV, doi:10.1109/ICCV48922.2021.00986.
    .. [3] Alsentzer et al. (2019), Publicly Available Clinical BERT Embeddings, doi:10.18653/v1/W19-1909.
    """

    picture: LocalModel | None = None
    words: LocalModel | None = None

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        return Card(
            "image-text",
            "Frozen Swin and clinical BERT, cross attention, contrastive; needs a report",
            "network",
            SOURCE,
            weights=_joined(self.picture, self.words),
            note="sees the report of test patients too",
        )

    def views(self, setting: Setting) -> Sequence[View]:
        """Return places of the picture and tokens of the report.

        Raises
        ------
        UnavailableError
            No report, no Swin, no BERT, or no torch.
        """
        texts = readable_texts(setting)
        if self.picture is None or self.words is None:
            lacking = " and no ".join(
                name for name, one in (("Swin", self.picture), ("BERT", self.words)) if one is None
            )
            raise UnavailableError(
                f"no {lacking} was given: a folder each in --networks, see docs/compare.md"
            )
        require("torch", way_out=TORCH)
        require("transformers", way_out=WAY_OUT)
        return (Places(self.picture), Tokens(self.words, texts))

    def fit(self, train: Train) -> Fitted:
        """Train the head."""
        assert self.picture is not None  # noqa: S101  # views() refused before
        keys = (Places(self.picture).key, next(key for key in train.views if key.startswith(KEY)))
        shapes = [unpacked(train[key][:1]).shape[1:] for key in keys]
        rows = _paired(train, keys)
        joined = replace(train, views={PAIR: rows})
        build = lambda: build_alignment(shapes[0], shapes[1], len(train.classes))  # noqa: E731
        return Aligned(keys, train_network(joined, PAIR, rows.shape[1:], build, RECIPE))


@dataclass(frozen=True)
class Aligned:
    """A trained head."""

    keys: tuple[str, str]
    head: Fitted

    def predict(self, sample: Sample) -> Rows:
        """Return probabilities."""
        return self.head.predict(
            Sample({PAIR: _paired(sample, self.keys)}, sample.patients, sample.classes, sample.seed)
        )


def image_text_peer(models: Sequence[LocalModel]) -> ImageTextPeer:
    """Return the row on the first Swin and the first BERT there are."""
    return ImageTextPeer(
        *(next((one for one in models if one.kind == kind), None) for kind in ("swin", "bert"))
    )


def _paired(sample: Sample, keys: Sequence[str]) -> Rows:
    return np.concatenate([unpacked(sample[key]).reshape(len(sample), -1) for key in keys], axis=1)


def _joined(*models: LocalModel | None) -> Weights:
    """Return both weights as one declaration; random ones among them make all of it plumbing."""
    given = [one for one in models if one is not None]
    if len(given) < len(models):
        return Weights("none")
    declared = [one.declared for one in given]
    kind: Any = "random" if any(one.kind == "random" for one in declared) else "pretrained"
    name, licence = (" + ".join(getattr(one, part) for one in declared) for part in ("name", "licence"))
    return Weights(kind, name, licence, "+".join(one.sha256[:8] for one in declared))
