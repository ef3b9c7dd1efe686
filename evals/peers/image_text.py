"""Rows of networks that read pictures and words: CLIP without a label, and a picture aligned with its text.

Weights are a local folder in the form of transformers; nothing is looked up. A folder whose `scafe.json` says
`"weights": "random"` tries the plumbing and never gets a number.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scafe.evals.peers.peer import (
    Card,
    Fitted,
    Images,
    Rows,
    Sample,
    Setting,
    Train,
    UnavailableError,
    View,
    Weights,
    per_image,
)
from scafe.evals.peers.training import TORCH, require
from scafe.knowledge.contract.errors import InputError
from scafe.sandbox.pool.pool import ImageAndMask

SOURCE = "Liu et al. 2023, arXiv:2307.01981; Radford et al. 2021, arXiv:2103.00020"
"""Descriptors; the network."""
WAY_OUT = "pip install transformers (and torch)"
TEMPERATURE = 100.0
"""Cosines are this many times larger in the softmax, as CLIP was trained."""


class FolderNote(BaseModel):
    """What `scafe.json` beside the weights says of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    weights: Literal["pretrained", "random"] = "pretrained"


@dataclass(frozen=True)
class LocalModel:
    """A local folder of transformers."""

    folder: Path
    note: FolderNote
    kind: str
    """`model_type` of config.json (clip, swin, ...), or 'timm ARCHITECTURE'."""
    sha256: str

    @property
    def declared(self) -> Weights:
        """What a card says of its weights."""
        return Weights(self.note.weights, self.note.name, self.note.licence, self.sha256)


@dataclass(frozen=True)
class Similarity:
    """View: cosine of a picture to every descriptor of every class, or to the class's name alone."""

    model: LocalModel
    texts: tuple[tuple[str, tuple[str, ...]], ...]
    """Class -> sentences."""

    @property
    def key(self) -> str:
        """Hash of weights and sentences."""
        words = hashlib.sha256(json.dumps(self.texts).encode()).hexdigest()
        return f"clip similarity@1 {self.model.sha256} {words}"

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return one number per sentence, sentences class by class."""
        network, processor = _clip(self.model.folder)
        sentences = [one for _, several in self.texts for one in several]
        import torch

        with torch.no_grad():
            words = processor(text=sentences, return_tensors="pt", padding=True, truncation=True)
            told = _unit(_pooled(network.get_text_features(**words)))

            def one(image: ImageAndMask) -> Rows:
                shown = processor(images=_colour(image), return_tensors="pt")
                seen = _unit(_pooled(network.get_image_features(**shown)))
                return np.asarray((seen @ told.T).numpy()[0], dtype=np.float64)

            return per_image(one, images)


@dataclass(frozen=True)
class ClipPeer:
    """No label: a picture belongs to the class whose sentences it is most like.

    References
    ----------
    .. [1] Liu et al. (2023), A ChatGPT Aided Explainable Framework for Zero-Shot Medical Image Diagnosis,
       arXiv:2307.01981 (mean over descriptors of "CLASS which has DESCRIPTOR").
    """

    model: LocalModel | None
    with_descriptors: bool
    texts: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        kind = "descriptors" if self.with_descriptors else "names"
        title = f"CLIP without labels, {kind} in words"
        weights = self.model.declared if self.model else Weights("none")
        return Card(f"clip-{kind}", title, "network", SOURCE, weights=weights, needs_labels=False)

    def views(self, setting: Setting) -> Sequence[View]:
        """Return the similarities."""
        if self.model is None:
            raise UnavailableError("no CLIP was given: a folder in --networks, see docs/compare.md")
        require("torch", way_out=TORCH)
        require("transformers", way_out=WAY_OUT)
        return (Similarity(self.model, sentences_of(setting.classes, self.with_descriptors)),)

    def fit(self, train: Train) -> Fitted:
        """Learn nothing: it holds the sentences alone."""
        assert self.model is not None  # noqa: S101  # views() refused before
        texts = sentences_of(train.classes, self.with_descriptors)
        return _Nearest(Similarity(self.model, texts).key, texts)


@dataclass(frozen=True)
class _Nearest:
    key: str
    texts: tuple[tuple[str, tuple[str, ...]], ...]

    def predict(self, sample: Sample) -> Rows:
        """Return the softmax over the classes' mean similarity."""
        ends = np.cumsum([len(several) for _, several in self.texts])[:-1]
        means = np.stack([part.mean(axis=1) for part in np.split(sample[self.key], ends, axis=1)], axis=1)
        odds = np.exp(TEMPERATURE * (means - means.max(axis=1, keepdims=True)))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def shares(self, sample: Sample) -> dict[str, float]:
        """Return how far each descriptor pulls, against the mean of all: the explanation."""
        sentences = [one for _, several in self.texts for one in several]
        pull = sample[self.key].mean(axis=0) - sample[self.key].mean()
        return {text: float(value) for text, value in zip(sentences, pull, strict=True)}


def sentences_of(classes: Sequence[str], with_descriptors: bool) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what each class is described by.

    Raises
    ------
    UnavailableError
        No descriptors are written for a class.
    """
    if not with_descriptors:
        return tuple((name, (f"a photo of {name}",)) for name in classes)
    held = json.loads((resources.files("scafe.evals.peers") / "descriptors.json").read_text("utf-8"))
    lacking = [name for name in classes if name not in held]
    if lacking:
        raise UnavailableError(f"no descriptors are written for {', '.join(lacking)} (descriptors.json)")
    return tuple(
        (name, tuple(f"{held[name]['name']} which has {one}" for one in held[name]["descriptors"]))
        for name in classes
    )


def open_models(folder: Path) -> tuple[LocalModel, ...]:
    """Open every folder of transformers in a folder of networks.

    Raises
    ------
    InputError
        Weights without config.json or without scafe.json (name and licence).
    """
    places = [place for place in sorted(folder.glob("*/")) if _weights_of(place)]
    return tuple(_opened(place) for place in places)


def clip_peers(models: Sequence[LocalModel]) -> tuple[ClipPeer, ...]:
    """Return both rows for the first CLIP there is, or both with what lacks."""
    found = next((one for one in models if one.kind == "clip"), None)
    return ClipPeer(found, True), ClipPeer(found, False)


def _opened(place: Path) -> LocalModel:
    for name in ("config.json", "scafe.json"):
        if not (place / name).is_file():
            raise InputError(
                f"{place} has weights and no {name}; "
                + ("copy the whole folder" if name == "config.json" else "write one with name and licence")
            )
    try:
        held = json.loads((place / "config.json").read_text(encoding="utf-8"))
        kind = str(held["model_type"] if "model_type" in held else f"timm {held['architecture']}")
        note = FolderNote.model_validate_json((place / "scafe.json").read_text(encoding="utf-8"))
    except (ValueError, KeyError, ValidationError) as error:
        raise InputError(
            f"{place}: config.json or scafe.json cannot be read ({type(error).__name__})"
        ) from None
    return LocalModel(place, note, kind, hashlib.sha256(_weights_of(place)[0].read_bytes()).hexdigest())


def _weights_of(place: Path) -> list[Path]:
    return sorted([*place.glob("*.safetensors"), *place.glob("pytorch_model.bin")])


@lru_cache(maxsize=1)
def _clip(folder: Path) -> Any:
    import torch
    from transformers import CLIPModel, CLIPProcessor

    torch.set_num_threads(1)
    network = CLIPModel.from_pretrained(folder, local_files_only=True)
    network.train(False)
    return network, CLIPProcessor.from_pretrained(folder, local_files_only=True)


def _pooled(found: Any) -> Any:
    """Return the vector: newer transformers wrap it."""
    return getattr(found, "pooler_output", found)


def _unit(vectors: Any) -> Any:
    return vectors / vectors.norm(dim=-1, keepdim=True)


def _colour(one: ImageAndMask) -> Any:
    image = one.image if one.image.shape[2] == 3 else np.repeat(one.image[:, :, :1], 3, axis=2)
    side = max(image.shape[:2])
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
