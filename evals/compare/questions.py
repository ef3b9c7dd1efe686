"""Write the questions that a user allowed: pictures under consent to pixels, values to features.

What is written names no file and no patient. Without consent nothing is written (`require_consent`).
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from scafe.evals.compare.outward import DIGITS, Asked, OutwardPeer
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.features import write_atomically
from scafe.evals.peers.criteria import CriteriaPeer
from scafe.evals.peers.peer import Rows
from scafe.knowledge.contract.errors import DisclosureError
from scafe.knowledge.criteria.pack import CriteriaPack

LONGEST_SIDE = 384
"""Pixels of a picture that is sent."""
QUANTILES = ((0.1, "very low"), (0.35, "low"), (0.65, "middling"), (0.9, "high"), (1.01, "very high"))


@dataclass(frozen=True)
class Material:
    """What questions are made of."""

    dataset: Dataset
    keys: tuple[str, ...]
    """Hash of each image with its mask."""
    pack: CriteriaPack
    ours: CriteriaPeer
    values: Rows
    """(n_images, n_features) of ScaFE's features."""

    def place(self, which: int) -> int:
        """Return the position of an image by the beginning of its hash."""
        return next(n for n, key in enumerate(self.keys) if int(key[:DIGITS], 16) == which)


def write_questions(
    folder: Path, waiting: Sequence[tuple[OutwardPeer, Sequence[Asked]]], material: Material
) -> int:
    """Write questions.jsonl and return how many there are.

    Raises
    ------
    DisclosureError
        A row was not allowed what it would send. Nothing is written.
    """
    for peer, _ in waiting:
        require_consent(peer)
    once = {asked.id: _line(peer, asked, material) for peer, several in waiting for asked in several}
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = "".join(json.dumps(once[key], separators=(",", ":")) + "\n" for key in sorted(once))
    write_atomically(folder / "questions.jsonl", text.encode())
    return len(once)


def require_consent(peer: OutwardPeer) -> None:
    """Refuse to build what the user did not allow to leave.

    Raises
    ------
    DisclosureError
        Names the row and the flag.
    """
    levels = ("none", "features", "pixels")
    if levels.index(peer.allowed) < levels.index(peer.level) or peer.level == "none":
        raise DisclosureError(f"row {peer.name} sends {peer.level}; allow it with --allow-{peer.level}")


def _line(peer: OutwardPeer, asked: Asked, material: Material) -> dict[str, Any]:
    examples = [{"label": label, **_shown(peer, which, material)} for which, label in asked.examples]
    return {
        "id": asked.id,
        "row": peer.name,
        "level": peer.level,
        "wording": peer.wording,
        "classes": list(material.dataset.classes),
        "criteria": [] if peer.wording in ("names", "verbal") else _criteria(material.pack),
        "image": _shown(peer, asked.image, material),
        "examples": examples,
    }


def _shown(peer: OutwardPeer, which: int, material: Material) -> dict[str, Any]:
    place = material.place(which)
    if peer.level == "pixels":
        return {"picture": _picture(material.dataset, place)}
    return {"features": _in_words(material, place) if peer.wording == "verbal" else _values(material, place)}


def _picture(dataset: Dataset, place: int) -> str:
    image = dataset.load(place).image
    scale = min(1.0, LONGEST_SIDE / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    colour = small if small.ndim == 3 and small.shape[2] == 3 else small.reshape(small.shape[0], -1)
    order = cv2.cvtColor(colour, cv2.COLOR_RGB2BGR) if colour.ndim == 3 else colour
    return base64.b64encode(cv2.imencode(".png", order)[1].tobytes()).decode()


def _values(material: Material, place: int) -> dict[str, str]:
    """Feature -> its value to three significant digits."""
    row = material.values[place]
    return {
        column.name.replace("@", "."): "not measured" if np.isnan(value) else f"{value:.3g}"
        for column, value in zip(material.ours.columns, row, strict=True)
    }


def _in_words(material: Material, place: int) -> dict[str, str]:
    """Feature -> where its value lies among these images, in words."""
    told = {}
    for number, column in enumerate(material.ours.columns):
        values, own = material.values[:, number], material.values[place, number]
        share = float(np.mean(values[~np.isnan(values)] <= own)) if not np.isnan(own) else -1.0
        word = next((name for most, name in QUANTILES if share <= most), "")
        told[column.name.replace("@", ".")] = "not measured" if share < 0 else word
    return told


def _criteria(pack: CriteriaPack) -> list[str]:
    return [f"{one.id}: {one.definition}" for one in pack.criteria if one.observable != "no_image"]
