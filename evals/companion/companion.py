"""What a companion sees: numbers of an image's appearance, by colour and texture or by a network of yours."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from scafe.evals.companion.note import CompanionNote, Kind, Where
from scafe.evals.companion.onnx_file import open_onnx
from scafe.evals.data.decoding.waves import Images as Loaded
from scafe.evals.data.sources import digest
from scafe.evals.peers.colour_texture import describe
from scafe.evals.peers.network import Embedding, Network
from scafe.evals.peers.peer import Images, Rows, per_image, whole
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.contract.inert import inert
from scafe.sandbox.pool.pool import ImageAndMask

COLOUR_TEXTURE = "colour_texture"
ONNX = "onnx:"


@dataclass(frozen=True)
class Companion:
    """An opened companion."""

    note: CompanionNote
    network: Network | None = None

    @property
    def one_scale(self) -> bool:
        """Whether its numbers are divided by one number for all."""
        return self.network is not None

    def rows(self, images: Images, keys: Sequence[str] = ()) -> Rows:
        """Return (n_images, n_numbers); a row is NaN where an image cannot be described.

        Parameters
        ----------
        images : sequence of ImageAndMask
            As extractors get them.
        keys : sequence of str
            One per image; not looked at.
        """
        if self.network is None:
            return per_image(self._described, images)
        where: Literal["crop", "whole"] = "crop" if self.note.where == "mask" else "whole"
        return Embedding(self.network, where).rows(images, keys)

    def _described(self, one: ImageAndMask) -> Rows:
        return describe(one if self.note.where == "mask" else whole(one))


def kind_of(spec: str) -> Kind:
    """Say which kind of companion is asked for.

    Raises
    ------
    InputError
        It is neither.

    Examples
    --------
    >>> kind_of("onnx:lite0/model.onnx")
    'onnx'
    """
    if spec == COLOUR_TEXTURE:
        return "colour_texture"
    if spec.startswith(ONNX) and len(spec) > len(ONNX):
        return "onnx"
    raise InputError(
        f"--companion is {inert(spec[:100])!r}; expected colour_texture, or onnx:FILE with the path of an "
        "ONNX image model that has a config.json beside it (docs/how-to-companion.md)"
    )


def open_companion(spec: str, where: Where) -> Companion:
    """Open a companion.

    Parameters
    ----------
    spec : str
        `colour_texture` or `onnx:FILE`.
    where : {'mask', 'whole'}
        Where it looks.

    Raises
    ------
    InputError
        The file is missing, is no ONNX image model, or has no sound config.json: one sentence with the way
        out.
    """
    if kind_of(spec) == "colour_texture":
        return Companion(CompanionNote(kind="colour_texture", where=where))
    network = open_onnx(Path(os.path.expanduser(spec.removeprefix(ONNX))))
    note = CompanionNote(
        kind="onnx",
        where=where,
        sha256=network.sha256,
        config_sha256=digest(network.config.model_dump_json().encode()),
        file=network.file[:200],
        name=network.config.name[:200],
        licence=network.config.licence[:200],
    )
    return Companion(note, network)


def require_same(note: CompanionNote, found: Companion) -> None:
    """Refuse a companion that is not the one of a bundle or a run.

    Raises
    ------
    InputError
        Its file or its config.json is another one.
    """
    for what, then, now in (
        ("file", note.sha256, found.note.sha256),
        ("config.json", note.config_sha256, found.note.config_sha256),
    ):
        if (note.kind, then) != (found.note.kind, now):
            raise InputError(
                f"the companion's {what} is not the one that was frozen ({note.title}; SHA-256 "
                f"{then[:12] or 'none'}… then, {now[:12] or 'none'}… now); give the one that the run had"
            )


class Appearance:
    """A companion over the images of one study; every image is looked at once."""

    def __init__(self, companion: Companion) -> None:
        self.companion = companion
        self._kept: dict[int, Rows] = {}

    def rows(self, images: Loaded, ids: Sequence[int]) -> Rows:
        """Return (len(ids), n_numbers); `images` are those of `ids`, in their order."""
        new = [place for place, one in enumerate(ids) if one not in self._kept]
        if new:
            found = self.companion.rows(_Some(images, new))
            self._kept.update((ids[place], row) for place, row in zip(new, found, strict=True))
        return np.array([self._kept[one] for one in ids])


@dataclass(frozen=True)
class _Some:
    """Some of the images, loaded when they are asked for."""

    images: Loaded
    places: Sequence[int]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, place: int) -> ImageAndMask:
        return self.images[self.places[place]]
