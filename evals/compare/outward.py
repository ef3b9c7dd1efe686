"""Rows that a language model answers: which question stands for each image, and what came back.

Nothing is sent from here. Without the user's consent no question is built at all; with it, `questions` writes
what an agent process may send, and its answers come back as numbers.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from scafe.evals.peers.classical import Classical
from scafe.evals.peers.peer import (
    Card,
    Egress,
    Images,
    Rows,
    Sample,
    Setting,
    Train,
    UnavailableError,
    View,
    Weights,
)

Wording = Literal["names", "criteria", "features", "verbal", "reading"]
Shots = Literal["none", "few", "nearest"]
PER_CLASS = 3
"""Examples of each class, or all there are of fewer training patients."""
DIGITS = 13
"""Hexadecimal digits of an image's hash that a number holds exactly."""


@dataclass(frozen=True)
class Which:
    """View: which image it is, as the beginning of its hash."""

    key: str = "which image@1"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one number an image."""
        return np.array([[float(int(key[:DIGITS], 16))] for key in keys])


@dataclass(frozen=True)
class Answers:
    """What was answered so far, from answers.jsonl of one model."""

    folder: Path
    model: str

    def read(self) -> dict[str, dict[str, object]]:
        """Return id -> line; nothing if nobody was asked."""
        try:
            lines = (self.folder / "answers.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        return {line["id"]: line for line in map(json.loads, lines)}


@dataclass(frozen=True)
class Asked:
    """One question: an image, and the examples that stand before it."""

    id: str
    image: int
    """Beginning of the image's hash."""
    examples: tuple[tuple[int, str], ...]
    """Beginning of the hash, and class."""


@dataclass(frozen=True)
class OutwardPeer:
    """One row that asks a model."""

    name: str
    title: str
    source: str
    level: Egress
    wording: Wording
    shots: Shots = "none"
    allowed: Egress = "none"
    """What the user consented to."""
    answers: Answers | None = None
    """None: no model was named."""

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        model = self.answers.model if self.answers else "a model"
        return Card(
            self.name,
            self.title,
            "language model",
            self.source,
            egress=self.level,
            weights=Weights("pretrained", model, "its provider's", "unknown")
            if self.answers
            else Weights("none"),
            needs_labels=self.shots != "none",
        )

    @property
    def identity(self) -> str:
        """What tells its cells from those of another model."""
        return f"{self.answers.folder.name if self.answers else ''} {self.level} {self.wording} {self.shots}"

    def views(self, setting: Setting) -> Sequence[View]:
        """Return which image it is, and what neighbours are found by.

        Raises
        ------
        UnavailableError
            No consent, or no model.
        """
        allowed = ("none", "features", "pixels").index(self.allowed)
        if allowed < ("none", "features", "pixels").index(self.level):
            raise UnavailableError(
                f"sends {self.level} of every image to a model: needs --allow-{self.level} "
                "and --model openai:NAME"
            )
        if self.answers is None:
            raise UnavailableError("no model was named: --model openai:NAME (--base-url for a local one)")
        if self.wording == "reading" and setting.modality != "radiograph":
            raise UnavailableError("the sections of a reading are those of a chest film")
        return (Which(), Classical("whole")) if self.shots == "nearest" else (Which(),)

    def fit(self, train: Train) -> "OutwardFit":
        """Keep the training images that examples are taken from."""
        held = self.answers.read() if self.answers else {}
        return OutwardFit(self, train, held)


@dataclass(frozen=True)
class OutwardFit:
    """A row with the examples it may show."""

    peer: OutwardPeer
    train: Train
    held: Mapping[str, Mapping[str, object]]
    open: list[Asked] = field(default_factory=list)
    """Questions without an answer."""

    def predict(self, sample: Sample) -> Rows:
        """Return probabilities; a reply that could not be read counts as equal chances."""
        found = np.full((len(sample), len(sample.classes)), 1 / len(sample.classes))
        for place, asked in enumerate(self.asked(sample)):
            line = self.held.get(asked.id)
            if line is None:
                self.open.append(asked)
            elif line["probabilities"] is not None:
                found[place] = np.array(line["probabilities"], dtype=np.float64)
        return found

    def shares(self, sample: Sample) -> dict[str, float]:
        """Return the share of replies that could not be read, and how good readings were."""
        lines = [self.held[one.id] for one in self.asked(sample) if one.id in self.held]
        told = {
            "unreadable replies": float(np.mean([one["probabilities"] is None for one in lines] or [False]))
        }
        for name in ("completeness", "agreement"):
            values = [float(str(one[name])) for one in lines if one.get(name) is not None]
            if values:
                told[name] = float(np.mean(values))
        return told

    def asked(self, sample: Sample) -> list[Asked]:
        """Return the question of every image."""
        which = sample[Which().key][:, 0].astype(np.int64)
        return [_asked(self.peer, int(one), self._examples(sample, place)) for place, one in enumerate(which)]

    def _examples(self, sample: Sample, place: int) -> tuple[tuple[int, str], ...]:
        """Choose examples among training patients; the asked patient is never one of them."""
        if self.peer.shots == "none":
            return ()
        order = self._order(sample, place)
        which, labels = self.train[Which().key][:, 0].astype(np.int64), self.train.labels
        found: list[tuple[int, str]] = []
        for label in self.train.classes:
            own = [one for one in order if labels[one] == label][:PER_CLASS]
            found += [(int(which[one]), label) for one in own]
        return tuple(found)

    def _order(self, sample: Sample, place: int) -> list[int]:
        allowed = [n for n, one in enumerate(self.train.patients) if one != sample.patients[place]]
        if self.peer.shots == "few":
            drawn: list[int] = np.random.default_rng(self.train.seed).permutation(len(self.train)).tolist()
            return [one for one in drawn if one in set(allowed)]
        near = _cosine(sample[Classical("whole").key][place], self.train[Classical("whole").key])
        return sorted(allowed, key=lambda one: -near[one])


def _asked(peer: OutwardPeer, image: int, examples: tuple[tuple[int, str], ...]) -> Asked:
    words = json.dumps([peer.identity, image, examples])
    return Asked(hashlib.sha256(words.encode()).hexdigest()[:32], image, examples)


def _cosine(one: Rows, others: Rows) -> Rows:
    """Cosine similarity of one row to others, each number standardised over the others."""
    filled = np.nan_to_num(others)
    spread = np.where(filled.std(axis=0) > 0, filled.std(axis=0), 1.0)
    rows, asked = ((each - filled.mean(axis=0)) / spread for each in (filled, np.nan_to_num(one)))
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(asked)
    return np.asarray(rows @ asked / np.maximum(lengths, 1e-12))


LISTED = "Wang and Ye 2026, arXiv:2606.18063 (the foil)"
NVIDIA = "NV-Reason-CXR 2025, arXiv:2510.23968 (the idea)"
FERBER = "Ferber et al. 2024, doi:10.1038/s41467-024-51465-9"
ROWS: tuple[tuple[str, str, str, Egress, Wording, Shots], ...] = (
    ("vlm-names", "Vision-language model, class names alone (black box)", FERBER, "pixels", "names",
     "none"),
    ("vlm-zero-shot", "Vision-language model, criteria in words", FERBER, "pixels", "criteria", "none"),
    ("vlm-few-shot", f"Vision-language model, {PER_CLASS} examples a class", FERBER, "pixels", "names",
     "few"),
    ("vlm-nearest", f"Vision-language model, {PER_CLASS} nearest a class", FERBER, "pixels", "names",
     "nearest"),
    ("llm-features", "Features as values → language model", LISTED, "features", "features", "none"),
    ("llm-verbal", "Features in words → language model (black box)", LISTED, "features", "verbal", "none"),
    ("llm-reading", "Structured chest reading by a language model", NVIDIA, "features", "reading", "none"),
)  # fmt: skip


def outward_peers(allowed: Egress, answers: Answers | None) -> tuple[OutwardPeer, ...]:
    """Return every row that asks a model."""
    return tuple(OutwardPeer(*row, allowed=allowed, answers=answers) for row in ROWS)
