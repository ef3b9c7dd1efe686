"""Images as rows of numbers with their labels and patients: what a classifier is fitted and scored on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from scafe.evals.scoring.ridge import Signs
from scafe.evals.scoring.score import Task, discrimination

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Cases:
    """One row per image."""

    rows: Rows
    """(n_images, n_features); NaN where missing."""
    task: Task
    """Target and patient of each image."""
    classes: tuple[str, ...]
    """Labels, positive first."""
    signs: Signs = ()
    """What is declared of each column, for the classifier's prior; (): nothing."""

    @property
    def labels(self) -> NDArray[np.str_]:
        """(n_images,) class of each image in words."""
        return label_texts(self.task, self.classes)

    def select(self, chosen: NDArray[np.bool_]) -> "Cases":
        """Return some of the images."""
        patients = tuple(
            patient for patient, wanted in zip(self.task.patients, chosen, strict=True) if wanted
        )
        task = Task(self.task.target[chosen], patients, self.task.n_classes, self.task.is_ordinal)
        return Cases(self.rows[chosen], task, self.classes, self.signs)

    def with_rows(self, rows: Rows) -> "Cases":
        """Return the same images with other features, of which nothing is declared."""
        return Cases(rows, self.task, self.classes)

    def without(self, column: int) -> "Cases":
        """Return the same images with one feature less."""
        signs = self.signs[:column] + self.signs[column + 1 :]
        return Cases(np.delete(self.rows, column, axis=1), self.task, self.classes, signs)

    def permuted(self, seed: int) -> "Cases":
        """Return the same images with labels permuted among patients: a null control."""
        return Cases(self.rows, self.task.permuted(seed), self.classes, self.signs)


@dataclass(frozen=True)
class Scored:
    """Probabilities beside the truth, one row per patient."""

    task: Task
    """Target of each patient; every patient occurs once."""
    classes: tuple[str, ...]
    probabilities: Rows
    """(n_patients, n_classes), mean over the patient's images; columns in the order of `classes`."""

    @property
    def positive(self) -> NDArray[np.bool_]:
        """(n_patients,) True for the first of the classes."""
        return np.asarray(self.task.target == positive_code(self.task))

    @property
    def chances(self) -> Rows:
        """(n_patients,) probability of the positive class."""
        return self.probabilities[:, 0]

    @property
    def labels(self) -> NDArray[np.str_]:
        """(n_patients,) true class in words."""
        return label_texts(self.task, self.classes)

    @property
    def auc(self) -> float:
        """AUC by patient; of more classes the macro mean over pairs, of levels their concordance."""
        if len(self.classes) == 2:
            return discrimination(self.chances[np.newaxis], self.task.target, self.task)
        if self.task.is_ordinal:
            above = np.clip(self.probabilities.cumsum(axis=1)[:, -2::-1], 1e-12, 1 - 1e-12)
            return discrimination(logit(above).T, self.task.target, self.task)
        safe = np.clip(self.probabilities, 1e-12, 1 - 1e-12)
        return discrimination(logit(safe).T, self.task.target, self.task)


def per_patient(cases: Cases, probabilities: Rows) -> Scored:
    """Average the probabilities of each patient's images; patients in sorted order."""
    names, first, where = np.unique(cases.task.patients, return_index=True, return_inverse=True)
    sums = np.zeros((len(names), probabilities.shape[1]))
    np.add.at(sums, where, probabilities)
    target = cases.task.target[first]
    task = Task(target, tuple(str(name) for name in names), cases.task.n_classes, cases.task.is_ordinal)
    return Scored(task, cases.classes, sums / np.bincount(where)[:, np.newaxis])


def positive_code(task: Task) -> int:
    """Return the number of the first class: of two and of levels the highest, else its position."""
    return task.n_classes - 1 if task.n_classes == 2 or task.is_ordinal else 0


def label_texts(task: Task, classes: tuple[str, ...]) -> NDArray[np.str_]:
    """Turn numbers into labels; the first of two classes or of levels has the highest number."""
    names = np.array(classes[::-1] if positive_code(task) else classes)
    return np.asarray(names[task.target])
