"""Who is in which part: dev and sealed by patient, folds by patient, all fixed by hashes.

No clock, order of rows or global generator decides anything: the same patients, labels and seed give
the same parts on every machine.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scafe.knowledge.contract.errors import DatasetError

SEALED_SHARE = 0.3
MIN_SEALED = 24
"""Fewest sealed patients per class: with 24 + 24 the 95 % interval of an AUC of .8 is .25 wide."""
N_FOLDS = 5
N_REPEATS = 10


@dataclass(frozen=True)
class Split:
    """Positions of items by part; every patient is in exactly one."""

    dev: tuple[int, ...]
    sealed: tuple[int, ...]
    """Empty if the data is too small to seal."""

    @property
    def is_sealed(self) -> bool:
        """Whether there is a held-out test set."""
        return bool(self.sealed)


@dataclass(frozen=True)
class Folds:
    """Repeated stratified group folds over some items, fixed for a run."""

    ids: tuple[int, ...]
    """Positions of the items in their dataset, in the order of the columns of `fold`."""
    fold: NDArray[np.int64]
    """(repeats, n): number of the fold in which an item is tested."""
    n_folds: int

    @property
    def n_repeats(self) -> int:
        """Number of repeats."""
        return int(self.fold.shape[0])

    @property
    def tests(self) -> NDArray[np.bool_]:
        """Test sets, (repeats * folds, n), repeat by repeat."""
        numbers = np.arange(self.n_folds)[None, :, None]
        return np.asarray((self.fold[:, None, :] == numbers).reshape(-1, self.fold.shape[1]))


def split_patients(patients: Sequence[str], labels: Sequence[str], seed: int) -> Split:
    """Seal 30 % of each class's patients, chosen by the hash of patient and seed.

    Returns a split without held-out test set if any class would have fewer than `MIN_SEALED` sealed patients.

    Parameters
    ----------
    patients, labels : sequences of str
        One entry per item; a patient has one label.
    seed : int
        Another seed seals other patients.
    """
    label_of = dict(zip(patients, labels, strict=True))
    sealed: set[str] = set()
    for label in sorted(set(labels)):
        members = sorted((p for p in label_of if label_of[p] == label), key=lambda p: _rank(seed, p))
        number = round(SEALED_SHARE * len(members))
        if number < MIN_SEALED:
            return Split(tuple(range(len(patients))), ())
        sealed.update(members[:number])
    parts = [patient in sealed for patient in patients]
    return Split(
        tuple(i for i, is_in in enumerate(parts) if not is_in),
        tuple(i for i, is_in in enumerate(parts) if is_in),
    )


def make_folds(
    ids: Sequence[int],
    patients: Sequence[str],
    labels: Sequence[str],
    seed: int,
    purpose: str,
    n_repeats: int = N_REPEATS,
    n_folds: int = N_FOLDS,
) -> Folds:
    """Deal patients to folds, class by class, as evenly as their numbers of images allow.

    Parameters
    ----------
    ids : sequence of int
        Positions of the items to deal.
    patients, labels : sequences of str
        One entry per position in `ids`.
    seed, purpose
        Both enter the hash that draws: "loop" folds and "fresh" folds of one run differ.

    Raises
    ------
    DatasetError
        If a class has fewer patients than there are folds.
    """
    classes = _members(patients, labels, n_folds)
    images = Counter(patients)
    rng = np.random.default_rng(int.from_bytes(_digest(f"folds\0{purpose}\0{seed}")[:8], "big"))
    fold = np.empty((n_repeats, len(patients)), dtype=np.int64)
    for repeat in range(n_repeats):
        place: dict[str, int] = {}
        for members in classes:
            place |= _deal(members, images, n_folds, rng)
        fold[repeat] = [place[patient] for patient in patients]
    return Folds(tuple(ids), fold, n_folds)


def _members(patients: Sequence[str], labels: Sequence[str], n_folds: int) -> list[list[str]]:
    label_of = dict(zip(patients, labels, strict=True))
    classes = {label: sorted(p for p in label_of if label_of[p] == label) for label in sorted(set(labels))}
    for label, members in classes.items():
        if len(members) < n_folds:
            raise DatasetError(
                f"class {label!r} has {len(members)} patients; {n_folds}-fold scoring needs at least "
                f"{n_folds}. Add patients, or leave the class out with --labels"
            )
    return list(classes.values())


def _deal(members: list[str], images: Counter[str], n_folds: int, rng: np.random.Generator) -> dict[str, int]:
    # Patients with many images first, each to the fold with fewest images; the order among folds is
    # drawn anew, so that the first fold is not always the one with a patient more.
    shuffled = [members[i] for i in rng.permutation(len(members))]
    order = rng.permutation(n_folds)
    size = np.zeros(n_folds, dtype=np.int64)
    place = {}
    for patient in sorted(shuffled, key=lambda p: -images[p]):
        target = int(size.argmin())
        size[target] += images[patient]
        place[patient] = int(order[target])
    return place


def _rank(seed: int, patient: str) -> bytes:
    return _digest(f"sealed\0{seed}\0{patient}")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
