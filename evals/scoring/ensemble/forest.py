"""A random forest for few patients: grown by scikit-learn, kept and walked as plain numbers.

One binary forest per code of the task (see `Task.codes`), as the ridge has one model per code. Leaves hold a
twentieth of the images, at least 5: a probability is an average over leaves, and a leaf of one image is no
probability.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.ensemble import RandomForestClassifier

from scafe.evals.data.zipped import rewrite_skops
from scafe.evals.scoring.cases import Cases, Rows
from scafe.evals.scoring.classifier import level_chances
from scafe.evals.stored.reading import read_apart
from scafe.evals.stored.saved_forest import SavedForest
from scafe.knowledge.contract.errors import IntegrityError

TREES = 200
LEAF_SHARE, LEAST_LEAF = 0.05, 5
EDGE = 1e-3
"""Probabilities nearer to 0 or 1 are read as this: a forest of 200 trees cannot tell more."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Forest:
    """Nodes of all trees, one after the other."""

    classes: tuple[str, ...]
    """Labels, positive first."""
    columns: tuple[str, ...]
    is_ordinal: bool
    leaf: int
    """Fewest images in a leaf."""
    medians: Rows
    roots: Ints
    """(n_codes * trees,) first node of each tree, code by code."""
    left: Ints
    right: Ints
    feature: Ints
    """Column that a node asks; -1 in a leaf."""
    threshold: Rows
    chance: Rows
    """Share of the code among the training images at a node."""

    @property
    def codes(self) -> int:
        """Number of binary forests."""
        return 1 if len(self.classes) == 2 else len(self.classes) - int(self.is_ordinal)

    def probabilities(self, rows: Rows) -> Rows:
        """Return (n_images, n_classes) probabilities, columns in the order of `classes`."""
        chances = self._chances(rows).T
        if self.is_ordinal:
            return level_chances(chances)
        if len(self.classes) == 2:
            return np.column_stack([chances, 1 - chances])
        total = chances.sum(axis=1, keepdims=True)
        return np.asarray(np.where(total > 0, chances / np.where(total > 0, total, 1), 1 / self.codes))

    def decision(self, rows: Rows) -> Rows:
        """Return (n_images,) log-odds of the positive class, as the ridge's `decision`."""
        return np.asarray(_odds(self._spoken(self._chances(rows))).mean(axis=0))

    def contributions(self, rows: Rows) -> Rows:
        """Return what each feature adds to the log-odds of the positive class.

        A tree's answer is its root's share plus what each question on the way to the leaf changed; the change
        is its feature's. The mean over trees is put on the scale of log-odds by one factor per image, so that
        with the log-odds of the roots the parts still add up.

        Returns
        -------
        (n_images, n_features) array

        References
        ----------
        .. [1] Palczewska et al. (2014), Interpreting random forest classification models using a feature
           contribution method, doi:10.1007/978-3-319-04717-1_9.
        .. [2] Shrikumar et al. (2017), Learning important features through propagating activation
           differences, ICML, https://proceedings.mlr.press/v70/shrikumar17a.html (the rescale rule).
        """
        spoken, moved = self._spoken(self._chances(rows)), self._spoken(self._changes(rows))
        start = self._spoken(self.chance[self.roots].reshape(self.codes, -1).mean(axis=1, keepdims=True))
        gap = spoken - start
        slope = 1 / np.clip(start * (1 - start), EDGE, None)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(np.abs(gap) > 1e-9, (_odds(spoken) - _odds(start)) / gap, slope)
        return np.asarray((moved * factor[:, :, None]).mean(axis=0))

    def _spoken(self, found: Rows) -> Rows:
        """Return the codes that speak of the positive class: the first, or all steps between levels."""
        return found if self.is_ordinal else found[:1]

    def _chances(self, rows: Rows) -> Rows:
        """Return (n_codes, n) shares of the leaves, mean over trees."""
        filled = self._filled(rows)
        found = []
        for roots in self.roots.reshape(self.codes, -1):
            node = np.broadcast_to(roots[:, None], (len(roots), len(rows)))
            for step in self._steps(filled, node):
                node = step.following
            found.append(self.chance[node].mean(axis=0))
        return np.array(found)

    def _changes(self, rows: Rows) -> Rows:
        """Return (n_codes, n, n_features): what each feature's questions changed, mean over trees."""
        filled, width = self._filled(rows), len(self.columns)
        row, found = np.arange(len(rows))[None, :] * width, []
        for roots in self.roots.reshape(self.codes, -1):
            node = np.broadcast_to(roots[:, None], (len(roots), len(rows)))
            sums = np.zeros(len(rows) * width)
            for step in self._steps(filled, node):
                moved = self.chance[step.following] - self.chance[node]
                sums += np.bincount((row + step.asked).ravel(), moved.ravel(), len(sums))
                node = step.following
            found.append(sums.reshape(len(rows), width) / len(roots))
        return np.array(found)

    def _filled(self, rows: Rows) -> NDArray[np.float32]:
        # scikit-learn compares single precision with its thresholds
        return np.where(np.isnan(rows), self.medians, rows).astype(np.float32)

    def _steps(self, filled: NDArray[np.float32], node: Ints) -> Iterator["_Step"]:
        """Walk all trees of a code at once until every image has met its leaf."""
        place = np.arange(len(filled))[None, :]
        while (inner := self.left[node] >= 0).any():
            asked = np.where(inner, self.feature[node], 0)
            is_left = filled[place, asked] <= self.threshold[node]
            following = np.where(inner, np.where(is_left, self.left[node], self.right[node]), node)
            yield _Step(asked, following)
            node = following


@dataclass(frozen=True)
class _Step:
    """One question of every tree to every image."""

    asked: Ints
    """(trees, n) column; 0 where the walk is over."""
    following: Ints
    """(trees, n) node that is met next."""


def fit_forest(cases: Cases, columns: tuple[str, ...], seed: int) -> Forest:
    """Grow a forest.

    Parameters
    ----------
    cases : Cases
    columns : tuple of str
        Names of the features.
    seed : int
        Draws images and features.

    References
    ----------
    .. [1] Breiman (2001), Random Forests, Machine Learning 45, 5-32, doi:10.1023/A:1010933404324.
    .. [2] Malley et al. (2012), Probability machines, Methods of Information in Medicine 51, 74-81,
       doi:10.3414/ME00-01-0052.
    """
    medians = _medians(cases.rows)
    filled = np.where(np.isnan(cases.rows), medians, cases.rows)
    leaf = max(LEAST_LEAF, round(LEAF_SHARE * len(cases.rows)))
    grown = []
    for code in cases.task.codes:
        forest = RandomForestClassifier(
            TREES, min_samples_leaf=leaf, max_features="sqrt", random_state=seed, n_jobs=1
        ).fit(filled, code.astype(np.int64))
        grown += [(tree.tree_, list(forest.classes_)) for tree in forest.estimators_]
    trees = [tree for tree, _ in grown]
    roots = np.concatenate([[0], np.cumsum([one.node_count for one in trees])[:-1]])
    return Forest(
        classes=cases.classes,
        columns=columns,
        is_ordinal=cases.task.is_ordinal,
        leaf=leaf,
        medians=medians,
        roots=roots,
        left=_joined([_moved(one.children_left, root) for one, root in zip(trees, roots, strict=True)]),
        right=_joined([_moved(one.children_right, root) for one, root in zip(trees, roots, strict=True)]),
        feature=_joined([np.where(one.children_left >= 0, one.feature, -1) for one in trees]),
        threshold=np.concatenate([one.threshold for one in trees]),
        chance=np.concatenate([_shares(tree.value, classes) for tree, classes in grown]),
    )


def dump_forest(forest: Forest) -> bytes:
    """Write a forest as skops bytes; the same forest gives the same bytes."""
    import skops.io  # imports every estimator of scikit-learn: three seconds that few commands need

    content = {
        "classes": list(forest.classes),
        "columns": list(forest.columns),
        "is_ordinal": forest.is_ordinal,
        "leaf": forest.leaf,
        "medians": forest.medians,
        "roots": forest.roots,
        "left": forest.left,
        "right": forest.right,
        "feature": forest.feature,
        "threshold": forest.threshold,
        "chance": forest.chance,
    }
    return rewrite_skops(skops.io.dumps(content))


def load_forest(data: bytes, where: str = "forest.skops") -> Forest:
    """Read a forest from a file that may be a stranger's, as `load_classifier` reads a ridge.

    Raises
    ------
    IntegrityError
        It is not what `dump_forest` writes.
    """
    saved = read_apart(data, where)
    if not isinstance(saved, SavedForest):
        raise IntegrityError(f"{where} holds a ridge where the forest belongs; ask for the bundle again")
    return Forest(
        classes=saved.classes,
        columns=saved.columns,
        is_ordinal=saved.is_ordinal,
        leaf=saved.leaf,
        medians=np.array(saved.medians),
        roots=np.array(saved.roots),
        left=np.array(saved.left),
        right=np.array(saved.right),
        feature=np.array(saved.feature),
        threshold=np.array(saved.threshold),
        chance=np.array(saved.chance),
    )


def _odds(chances: Rows) -> Rows:
    return np.asarray(logit(np.clip(chances, EDGE, 1 - EDGE)))


def _joined(parts: list[NDArray[np.int64]]) -> Ints:
    return np.concatenate(parts).astype(np.int64)


def _moved(children: NDArray[np.int64], root: int) -> NDArray[np.int64]:
    return np.where(children >= 0, children + root, -1)


def _shares(value: Rows, classes: list[int]) -> Rows:
    """Return the share of the code at each node; a forest of one class alone knows one answer."""
    shares = value[:, 0] / value[:, 0].sum(axis=1, keepdims=True)
    return np.asarray(shares[:, classes.index(1)]) if 1 in classes else np.zeros(len(value))


def _medians(rows: Rows) -> Rows:
    medians = np.zeros(rows.shape[1])
    measured = ~np.isnan(rows).all(axis=0)
    medians[measured] = np.nanmedian(rows[:, measured], axis=0)
    return medians
