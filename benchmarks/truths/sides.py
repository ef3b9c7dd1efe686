"""What is set beside what: criteria features, appearance, and both under one ridge."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.power.draws import Fit, Predict
from benchmarks.power.sets import PowerSet, Views, measure, views_of
from scafe.evals.companion.companion import Companion, open_companion
from scafe.evals.companion.joined import Block, fit_joined, side_by_side
from scafe.evals.companion.note import Where
from scafe.evals.data.dataset import Dataset
from scafe.evals.data.features import library_versions, write_atomically
from scafe.evals.data.sources import digest
from scafe.evals.scoring.cases import Cases
from scafe.evals.scoring.ridge import Signs
from scafe.evals.scoring.splits import Folds
from scafe.sandbox.pool.pool import ImageAndMask, Pool

Rows = NDArray[np.float64]
Way = Literal["equal", "plain"]
JOINED = " + criteria"
"""Ends the name of an appearance that criteria are joined to."""
PLAIN = " ++ criteria"
"""The same without weights for the blocks."""


@dataclass(frozen=True)
class Sides:
    """One set with every description that is compared."""

    dataset: Dataset
    rows: dict[str, Rows]
    """measures; colour+texture and network, alone and joined."""
    criteria: int
    """Columns of the measures: the first ones of a joined description."""
    left_out: int
    signs: Signs
    """What packs declare of each of them; the prior of the criteria's block."""
    titles: dict[str, str]
    """What an appearance is called in the text."""


def describe(one: PowerSet, data: Path, cache: Path, network: str | None, pool: Pool) -> Sides:
    """Describe every image of a set; what an earlier run computed on the same bytes is read back.

    Appearance looks inside the mask where the set has masks, else at the whole image, as a run does.
    """
    measured = measure(one, data, cache, pool)
    views = views_of(one, measured.dataset, cache, pool)
    where: Where = "mask" if measured.dataset.has_masks else "whole"
    found = {"colour+texture": open_companion("colour_texture", where)}
    if network is not None:
        found["network"] = open_companion(f"onnx:{network}", where)
    ours = measured.rows["measures"]
    rows, titles = {"measures": ours}, {}
    for name, companion in found.items():
        rows[name] = _kept(companion, views, cache)
        rows[name + JOINED] = np.hstack([ours, rows[name]])
        titles[name] = companion.note.title
    return Sides(measured.dataset, rows, ours.shape[1], measured.left_out, measured.signs, titles)


def fit_of(criteria: int, signs: Signs = ()) -> Fit:
    """Return what fits a description by its name; `criteria` columns of a joined one come first."""

    def fit(name: str, train: Cases, folds: Folds) -> Predict:
        one_scale, width = name.startswith("network"), train.rows.shape[1]
        if name.endswith((JOINED, PLAIN)):
            blocks: tuple[Block, ...] = side_by_side(
                _names(criteria), _names(width - criteria), one_scale=one_scale, signs=signs
            )
            if name.endswith(PLAIN):
                blocks = tuple(Block(block.columns, block.one_scale, signs=block.signs) for block in blocks)
        else:
            blocks = (Block(_names(width), one_scale, signs=signs if name == "measures" else ()),)
        return fit_joined(train, blocks, folds).probabilities

    return fit


def _names(width: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(width))


@dataclass(frozen=True)
class _Shown:
    """Images of a set in their order."""

    views: Views

    def __len__(self) -> int:
        return len(self.views.keys)

    def __getitem__(self, place: int) -> ImageAndMask:
        return self.views.images[place]


def _kept(companion: Companion, views: Views, cache: Path) -> Rows:
    parts = (companion.note.model_dump_json(), str(library_versions()), *views.keys)
    path = cache / "companion" / f"{digest(*(part.encode() for part in parts))}.bin"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        found = companion.rows(_Shown(views), views.keys)
        write_atomically(path, np.ascontiguousarray(found).tobytes())
    return np.frombuffer(path.read_bytes()).reshape(len(views.keys), -1)
