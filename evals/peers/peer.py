"""What a peer is: views that are computed once an image, `fit` on labelled patients, `predict` on others.

A peer of your own is a frozen dataclass that keeps this protocol, named in the entry point group
`scafe.peers`. What it is fitted on holds the labels of the training patients; what it predicts holds none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from scafe.evals.scoring.cases import Cases
from scafe.evals.scoring.ridge import Signs
from scafe.evals.scoring.score import Task
from scafe.knowledge.contract.errors import ScafeError
from scafe.sandbox.pool.pool import ImageAndMask

Rows = NDArray[np.float64]
Egress = Literal["none", "features", "pixels"]
Family = Literal["criteria", "classical", "network", "language model", "zero labels", "fused", "control"]


class UnavailableError(ScafeError):
    """A peer cannot run here; the message says why and the way out, and stands in its row."""


@dataclass(frozen=True)
class Weights:
    """Where a peer's parameters come from, but for what it is fitted on here."""

    kind: Literal["none", "trained here", "pretrained", "random"]
    name: str = ""
    licence: str = ""
    sha256: str = ""

    @property
    def words(self) -> str:
        """One phrase for a table."""
        if self.kind != "pretrained":
            return {"random": "random: plumbing only"}.get(self.kind, self.kind)
        return f"{self.name} ({self.licence or 'licence not stated'}, {self.sha256[:8]})"


@dataclass(frozen=True)
class Card:
    """What a peer declares about itself."""

    name: str
    """Unique; what `--peers` takes."""
    title: str
    """For a table."""
    family: Family
    source: str
    """Where the method is published."""
    egress: Egress = "none"
    """What of a patient leaves the machine."""
    weights: Weights = Weights("none")
    needs_labels: bool = True
    """False: the row is the same at every size, and touches no label."""
    labels_selected: int = 0
    """Patients of this data whose labels chose the features beforehand."""
    note: str = ""
    on_request: bool = False
    """True: it takes minutes where others take seconds, and runs only if `--peers` names it."""


class Images(Protocol):
    """Images that may be loaded when they are asked for."""

    def __len__(self) -> int:
        """Return their number."""
        ...

    def __getitem__(self, place: int, /) -> ImageAndMask:
        """Return one."""
        ...


class View(Protocol):
    """Numbers that are computed once an image, without labels, and kept under what they depend on."""

    @property
    def key(self) -> str:
        """Everything that decides a value, but for the image: code version, settings, libraries."""
        ...

    def rows(self, images: Images, keys: Sequence[str]) -> Rows:
        """Return (n_images, n_numbers); `keys` are the hashes of the images."""
        ...


@dataclass(frozen=True)
class Setting:
    """What a peer may know of a comparison before it starts."""

    classes: tuple[str, ...]
    """Positive first."""
    has_masks: bool
    modality: str = ""
    networks: Path | None = None
    """Folder of pretrained networks, one folder each."""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Hash of an image -> its report or notes, where the data has some."""


@dataclass(frozen=True)
class Sample:
    """Images of some patients: their views, and no label."""

    views: Mapping[str, Rows]
    """Key of a view -> (n_images, n_numbers)."""
    patients: tuple[str, ...]
    classes: tuple[str, ...]
    seed: int = 0
    """Of this draw, for whatever a peer draws."""

    def __getitem__(self, key: str) -> Rows:
        return self.views[key]

    def __len__(self) -> int:
        return len(self.patients)


@dataclass(frozen=True)
class Train(Sample):
    """The same with labels: what a peer is fitted on."""

    task: Task = field(default_factory=lambda: Task(np.zeros(0, dtype=np.int64), ()))
    signs: Mapping[str, Signs] = field(default_factory=dict)
    """Key of a view -> what is declared of its numbers, the prior of a ridge on them; none: no prior."""

    def select(self, chosen: NDArray[np.bool_]) -> "Train":
        """Return some of the images."""
        some = self.cases("").select(chosen)
        views = {key: rows[chosen] for key, rows in self.views.items()}
        return replace(self, views=views, patients=some.task.patients, task=some.task)

    def cases(self, key: str) -> Cases:
        """Return one view as the cases a classifier is fitted on; '' is no view."""
        rows = self.views[key] if key else np.zeros((len(self.patients), 0))
        return Cases(rows, self.task, self.classes, self.signs.get(key, ()))

    def unlabelled(self) -> Sample:
        """Return the same images without labels."""
        return Sample(self.views, self.patients, self.classes, self.seed)

    @property
    def labels(self) -> NDArray[np.str_]:
        """(n_images,) class of each image in words."""
        return self.cases("").labels


class Fitted(Protocol):
    """A peer after its training."""

    def predict(self, sample: Sample) -> Rows:
        """Return (n_images, n_classes) probabilities, columns in the order of `classes`."""
        ...


class Peer(Protocol):
    """One row of the table."""

    @property
    def card(self) -> Card:
        """What it declares about itself."""
        ...

    def views(self, setting: Setting) -> Sequence[View]:
        """Return what it looks at.

        Raises
        ------
        UnavailableError
            It cannot run here or on this data; the message says why and the way out.
        """
        ...

    def fit(self, train: Train) -> Fitted:
        """Learn from labelled images."""
        ...


def per_image(describe: object, images: Images) -> Rows:
    """Apply a function of one image to all; a row of NaN where it returns nothing."""
    found = [np.asarray(describe(images[place]), dtype=np.float64) for place in range(len(images))]  # type: ignore[operator]
    width = max((len(row) for row in found), default=0)
    return np.array([row if len(row) else np.full(width, np.nan) for row in found]).reshape(-1, width)


def whole(one: ImageAndMask) -> ImageAndMask:
    """Return the image with a mask that covers all of it."""
    return ImageAndMask(one.image, np.ones(one.mask.shape, dtype=bool))
