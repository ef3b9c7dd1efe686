"""Images, masks, labels and patients, as they were found; nothing here leaves `evals/`.

A dataset comes from a folder per class, from a manifest, or from a synthetic cohort. It is read
through once when it is opened, so that a file that cannot be used is named at once and not in the
middle of a run. Images are loaded when they are asked for, and refused if they changed since.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from scafe.evals.data.attributes import Attribute
from scafe.evals.data.decoding.onlooker import Onlooker
from scafe.evals.data.decoding.readers import ToRead
from scafe.evals.data.decoding.through import read_through
from scafe.evals.data.formats import ImageFile as ImageFile
from scafe.evals.data.formats import read_as
from scafe.evals.data.rules.classes import choose_classes
from scafe.evals.data.rules.reading import AS_USUAL, Reading
from scafe.evals.data.segment import Segmented
from scafe.evals.data.sources import Decoded, Pixels, digest
from scafe.knowledge.contract.errors import DatasetError, IntegrityError
from scafe.knowledge.contract.masks import MaskMethod
from scafe.knowledge.contract.percent import PERCENT
from scafe.knowledge.phantoms import CohortImage
from scafe.sandbox.pool.pool import ImageAndMask

MIN_PATIENTS = 5
"""Fewest patients per class: one for each of five folds."""
READER = "1"
"""Version of how bytes become arrays; part of every image's hash.

A reader whose pictures change adds a version of its own to the hash of what changed ("dicom@2"), so that runs
on other files go on."""


@dataclass(frozen=True)
class Drawn:
    """Pixels in memory, of a synthetic cohort."""

    pair: ImageAndMask

    def read(self, where: str) -> Decoded:
        """Return what is held; see `Pixels.read`."""
        shape = repr(self.pair.image.shape).encode()
        held = digest(shape, self.pair.image.tobytes(), np.packbits(self.pair.mask).tobytes())
        return Decoded(self.pair, held)


@dataclass(frozen=True, slots=True)
class Row:
    """One image as a folder or a manifest names it, not yet read."""

    where: str
    """For errors: row and file name."""
    label: str
    patient: str
    pixels: Pixels
    has_mask: bool = False
    """False: the mask will be all True."""
    text: str = field(default="", repr=False)
    """A report or notes, where a column of them was named."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one image lies and what it has to be; no pixel, label or patient."""

    where: str
    """For errors: row and file name."""
    sha256: str
    pixels: Pixels

    def load(self) -> ImageAndMask:
        """Decode image and mask; IntegrityError if they changed since the dataset was opened."""
        found = self.pixels.read(self.where)
        if _tagged(found.sha256) != self.sha256:
            raise IntegrityError(f"{self.where}: the file changed since the dataset was opened; start again")
        return found.pair


@dataclass(frozen=True, slots=True)
class Item:
    """One image that was read and can be used."""

    where: str
    """For errors: row and file name."""
    label: str
    patient: str
    sha256: str
    """Hash over image, mask and reader; the key of every cached value."""
    pixels: Pixels
    has_mask: bool = False
    """Whether its mask was given or drawn; without one it is all True."""
    text: str = field(default="", repr=False)
    """A report or notes; part of no hash, as no extractor sees it."""

    @property
    def whereabouts(self) -> Whereabouts:
        """What another process needs to load it."""
        return Whereabouts(self.where, self.sha256, self.pixels)


@dataclass(frozen=True)
class Dataset:
    """Items of the chosen classes, in the order of folder or manifest."""

    items: tuple[Item, ...]
    classes: tuple[str, ...]
    """Positive first."""
    has_masks: bool
    """Whether every image has a mask; without one it is all True."""
    left_out: int = 0
    """Rows of other classes than the chosen ones."""
    segmented: MaskMethod = "none"
    """How masks were drawn where none was given."""
    met: Mapping[Attribute, int] = field(default_factory=dict, repr=False, compare=False)
    """Attributes of the formats that the files had, and in how many images."""
    reading: Reading = AS_USUAL
    """Which level of a mask counts, and which window a volume is seen through."""
    passed_over: tuple[str, ...] = ()
    """What lay there or stood in the manifest and was not read, in words."""
    kept: dict[int, ImageAndMask] = field(default_factory=dict, repr=False, compare=False)
    """Decoded images, as far as `KEPT_BYTES` goes."""

    def __len__(self) -> int:
        return len(self.items)

    @property
    def unmasked(self) -> int:
        """Images without a mask."""
        return sum(not item.has_mask for item in self.items)

    @property
    def labels(self) -> tuple[str, ...]:
        """Label of every item."""
        return tuple(item.label for item in self.items)

    @property
    def patients(self) -> tuple[str, ...]:
        """Patient of every item."""
        return tuple(item.patient for item in self.items)

    @property
    def texts(self) -> dict[str, str]:
        """Hash of an image -> its report or notes; '' where it has none."""
        return {item.sha256: item.text for item in self.items}

    @property
    def sha256(self) -> str:
        """Hash over images, masks, labels and patients; does not depend on the order of rows."""
        lines = sorted(f"{item.sha256}\0{item.label}\0{item.patient}" for item in self.items)
        return digest("\n".join((*self.classes, *lines)).encode())

    def load(self, index: int) -> ImageAndMask:
        """Return image and mask of one item.

        Raises
        ------
        IntegrityError
            If the file no longer has the bytes it had when the dataset was opened.
        """
        if index in self.kept:
            return self.kept[index]
        return self.items[index].whereabouts.load()

    def images(self, ids: Sequence[int]) -> "LazyImages":
        """Return images that are loaded when they are asked for."""
        return LazyImages(self, tuple(ids))


@dataclass(frozen=True)
class LazyImages:
    """Images of a dataset, loaded one at a time."""

    dataset: Dataset
    ids: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, place: int) -> ImageAndMask:
        return self.dataset.load(self.ids[place])

    def where(self, place: int) -> Whereabouts | None:
        """Say where an image lies; None if it stands in memory alone."""
        item = self.dataset.items[self.ids[place]]
        return None if isinstance(item.pixels, Drawn) else item.whereabouts


def build_dataset(
    rows: Sequence[Row],
    where: str,
    *,
    labels: Sequence[str] = (),
    expected: Sequence[str] = (),
    segment: MaskMethod = "none",
    mask_label: int | None = None,
    seen: Onlooker | None = None,
    fills: bool = False,
) -> Dataset:
    """Read every row once and check what can only be seen over all of them.

    Parameters
    ----------
    rows : sequence of Row
        As found.
    where : str
        Names folder or manifest in errors.
    labels : sequence of str
        Classes to keep, positive first; what the caller asked for.
    expected : sequence of str
        Classes of the criteria pack, used if `labels` is empty and the data has all of them.
    segment : {'none', 'otsu'}
        How to draw masks if none is given; given ones are taken as they are.
    mask_label : int, optional
        The level of given masks that marks the lesion, where they have more than two.
    seen : Onlooker, optional
        Shown each image while it is decoded anyway.
    fills : bool
        Whether a locator will find the masks that are missing, so that some may be given.

    Raises
    ------
    DatasetError
        Unreadable file, unknown label, a class with fewer than `MIN_PATIENTS` patients, one patient
        with two labels.
    """
    classes = choose_classes(Counter(row.label for row in rows), where, labels, expected)
    reading = Reading(mask_label)
    chosen = [replace(row, pixels=read_as(row.pixels, reading)) for row in rows if row.label in classes]
    if not fills:
        _require_all_masks_or_none(chosen)
    _require_one_label_per_patient(chosen)
    _require_enough_patients(chosen, classes, where)
    drawn = segment if not any(row.has_mask for row in chosen) else "none"
    if drawn != "none":
        chosen = [replace(row, pixels=Segmented(row.pixels), has_mask=True) for row in chosen]
    opened = _read_through(chosen, classes, len(rows) - len(chosen), seen)
    return replace(opened, segmented=drawn, reading=reading)


def cohort_dataset(cohort: Sequence[CohortImage], classes: Sequence[str]) -> Dataset:
    """Make a dataset of a synthetic cohort; `classes` positive first."""
    rows = [
        Row(f"phantom {one.patient}", one.label, one.patient, Drawn(_pair_of(one)), _is_outlined(one))
        for one in cohort
    ]
    return build_dataset(rows, "the synthetic cohort", labels=classes)


def _pair_of(one: CohortImage) -> ImageAndMask:
    return ImageAndMask(one.phantom.image, one.phantom.mask)


def _is_outlined(one: CohortImage) -> bool:
    return not one.phantom.mask.all()


def _tagged(sha256: str) -> str:
    return digest(READER.encode(), sha256.encode())


def _read_through(
    rows: Sequence[Row], classes: tuple[str, ...], left_out: int, onlooker: Onlooker | None
) -> Dataset:
    items, kept = [], {}
    met: Counter[Attribute] = Counter()
    asked = [ToRead(row.where, row.pixels) for row in rows]
    on_disk = not any(isinstance(row.pixels, Drawn) for row in rows)
    read = PERCENT.over(read_through(asked, onlooker, apart=on_disk), len(asked))
    for index, found in enumerate(read):
        row, tag = rows[index], _tagged(found.sha256)
        items.append(Item(row.where, row.label, row.patient, tag, row.pixels, row.has_mask, row.text))
        met.update(found.met)
        if found.pair is not None:
            kept[index] = found.pair
    whole = all(row.has_mask for row in rows)
    return Dataset(tuple(items), classes, whole, left_out, met=met, kept=kept)


def _require_all_masks_or_none(rows: Sequence[Row]) -> None:
    # A mask that only some images have would tell extractors which source an image is from.
    given = [row.has_mask for row in rows]
    if any(given) and not all(given):
        lacking = rows[given.index(False)]
        raise DatasetError(
            f"{lacking.where}: has no mask while {sum(given)} other images have one; "
            "give every image a mask or none, or let a locator find the others (--locator reference)"
        )


def _require_one_label_per_patient(rows: Sequence[Row]) -> None:
    first: dict[str, Row] = {}
    clashes = {row.patient: row for row in rows if first.setdefault(row.patient, row).label != row.label}
    for patient, row in clashes.items():
        seen = first[patient]
        more = f" ({len(clashes)} such patients in all)" if len(clashes) > 1 else ""
        raise DatasetError(
            f"{row.where}: patient {patient} is {row.label!r} here and {seen.label!r} in {seen.where}{more}; "
            "a patient has one label: correct it or leave that patient out"
        )


def _require_enough_patients(rows: Sequence[Row], classes: tuple[str, ...], where: str) -> None:
    for label in classes:
        patients = {row.patient for row in rows if row.label == label}
        if len(patients) < MIN_PATIENTS:
            raise DatasetError(
                f"{where}: class {label!r} has {len(patients)} patients; 5-fold scoring needs at least "
                f"{MIN_PATIENTS}. Add patients, or leave the class out with --labels"
            )
