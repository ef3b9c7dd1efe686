"""Who is trained on and who is tested, in every draw: the same for each row of a table.

A draw sets 30 % of each class's patients aside as its test patients and puts the others in an order; a size
takes the first of that order, so a smaller training set is part of a larger one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scafe.evals.data.dataset import Dataset
from scafe.evals.scoring.score import Task
from scafe.knowledge.contract.errors import InputError

TEST_SHARE = 0.3
MIN_TEST = 2
SIZES = (5, 10, 20, 40, 80)
DRAWS = 20
ALL = 0
"""The size that takes every training patient of a draw."""


@dataclass(frozen=True)
class Draw:
    """One split of the patients."""

    number: int
    seed: int
    """Of whatever a peer draws in it."""
    test: frozenset[str]
    order: tuple[tuple[str, ...], ...]
    """Training patients of each class, in the order in which sizes take them."""

    def train(self, size: int) -> frozenset[str]:
        """Return the training patients of a size."""
        return frozenset(patient for group in self.order for patient in (group[:size] if size else group))


@dataclass(frozen=True)
class Plan:
    """Every draw, the sizes that fit, and those that do not."""

    task: Task
    classes: tuple[str, ...]
    draws: tuple[Draw, ...]
    sizes: tuple[int, ...]
    """Patients per class; the last is `ALL`."""
    left_out: tuple[int, ...]
    """Sizes that the smallest class cannot fill beside its test patients."""
    per_class: dict[str, int]
    """Class -> training patients of a draw."""
    fixed_test: bool = False
    """Whether every draw has the same test patients, because others' labels chose features."""

    @cached_property
    def patients(self) -> np.ndarray:
        """(n_images,) patient of every image."""
        return np.array(self.task.patients)


def make_plan(
    dataset: Dataset,
    sizes: Sequence[int] = SIZES,
    draws: int = DRAWS,
    seed: int = 0,
    held: frozenset[str] = frozenset(),
) -> Plan:
    """Deal the patients.

    Parameters
    ----------
    dataset : Dataset
    sizes : sequence of int
        Training patients per class; one that the smallest class cannot fill is left out and told.
    draws : int
        At least 2.
    seed : int
    held : frozenset of str
        Test patients of every draw, where the labels of all others chose features before.

    Raises
    ------
    InputError
        A size below 2, fewer than 2 draws.
    """
    if draws < 2 or any(size < 2 for size in sizes) or not sizes:
        raise InputError("a comparison needs at least 2 draws, and sizes of at least 2 patients per class")
    task = task_of(dataset)
    groups = _groups(dataset)
    made = tuple(_draw(groups, number, seed, held) for number in range(draws))
    room = {label: len(part) for label, part in zip(dataset.classes, made[0].order, strict=True)}
    fitting = tuple(size for size in sorted(set(sizes)) if size <= min(room.values()))
    left_out = tuple(size for size in sorted(set(sizes)) if size > min(room.values()))
    last = (ALL,) if not fitting or max(room.values()) > fitting[-1] else ()
    return Plan(task, dataset.classes, made, (*fitting, *last), left_out, room, bool(held))


def task_of(dataset: Dataset) -> Task:
    """Return target and patients of a data set: the first of two classes is 1, of more each its place."""
    two = len(dataset.classes) == 2
    places = {label: (1 - place if two else place) for place, label in enumerate(dataset.classes)}
    target = np.array([places[label] for label in dataset.labels], dtype=np.int64)
    return Task(target, dataset.patients, len(dataset.classes))


def _groups(dataset: Dataset) -> list[list[str]]:
    members: dict[str, set[str]] = {label: set() for label in dataset.classes}
    for label, patient in zip(dataset.labels, dataset.patients, strict=True):
        members[label].add(patient)
    return [sorted(members[label]) for label in dataset.classes]


def _draw(groups: Sequence[Sequence[str]], number: int, seed: int, held: frozenset[str]) -> Draw:
    rng = np.random.default_rng([seed, 14, number])
    test: set[str] = set()
    order = []
    for group in groups:
        shuffled = [group[place] for place in rng.permutation(len(group))]
        aside = [one for one in shuffled if one in held] or shuffled[: _test_size(len(group))]
        test.update(aside)
        order.append(tuple(one for one in shuffled if one not in set(aside)))
    return Draw(number, int(rng.integers(2**31)), frozenset(test), tuple(order))


def _test_size(patients: int) -> int:
    return max(MIN_TEST, round(TEST_SHARE * patients))
