"""The forest beside the ridge: scikit-learn's answers, parts that add up, numbers kept in a file."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from scafe.evals.scoring.cases import Cases, per_patient
from scafe.evals.scoring.classifier import dump_classifier, fit_at_penalty, load_classifier
from scafe.evals.scoring.ensemble.choice import choose_classifier
from scafe.evals.scoring.ensemble.forest import (
    LEAST_LEAF,
    TREES,
    Forest,
    dump_forest,
    fit_forest,
    load_forest,
)
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.splits import Folds, make_folds
from scafe.knowledge.contract.errors import IntegrityError

KINDS = [
    (("mel", "nv"), False),
    (("nv", "mel"), False),
    (("mel", "bkl", "nv"), False),
    (("iii", "ii", "i"), True),
]


def cases(
    n: int = 80, classes: tuple[str, ...] = ("mel", "nv"), is_ordinal: bool = False, seed: int = 0
) -> Cases:
    rng = np.random.default_rng(seed)
    target = np.arange(n) % len(classes)
    rows = rng.normal(size=(n, 4))
    rows[:, 0] += 1.5 * target
    rows[rng.random(rows.shape) < 0.05] = np.nan
    return Cases(
        rows, Task(target, tuple(f"p{one:03d}" for one in range(n)), len(classes), is_ordinal), classes
    )


def ring(n: int = 120, seed: int = 0) -> Cases:
    """Two classes that no line parts: inside and outside a ring."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, 2))
    target = (np.hypot(*rows.T) > 1.2).astype(int)
    return Cases(rows, Task(target, tuple(f"p{one:03d}" for one in range(n))), ("out", "in"))


def folds(one: Cases, repeats: int = 4) -> Folds:
    return make_folds(range(len(one.rows)), one.task.patients, list(one.labels), 0, "test", repeats)


def names(one: Cases) -> tuple[str, ...]:
    return tuple(f"f{number}" for number in range(one.rows.shape[1]))


def fitted(one: Cases) -> Forest:
    return fit_forest(one, names(one), 0)


def test_two_classes_are_answered_as_scikit_learn_answers_them() -> None:
    one = cases()
    one.rows[np.isnan(one.rows)] = 0.0
    forest = fitted(one)
    theirs = RandomForestClassifier(
        TREES, min_samples_leaf=LEAST_LEAF, max_features="sqrt", random_state=0
    ).fit(one.rows, one.task.target)
    other = cases(seed=1).rows
    other[np.isnan(other)] = 0.0
    assert forest.probabilities(other)[:, 0] == pytest.approx(theirs.predict_proba(other)[:, 1], abs=1e-12)


@pytest.mark.parametrize(("classes", "is_ordinal"), KINDS)
def test_probabilities_sum_to_one_and_know_the_classes(classes: tuple[str, ...], is_ordinal: bool) -> None:
    one = cases(classes=classes, is_ordinal=is_ordinal)
    found = fitted(one).probabilities(one.rows)
    assert found.shape == (80, len(classes))
    assert found.sum(axis=1) == pytest.approx(1)
    assert per_patient(one, found).auc > 0.75


@pytest.mark.parametrize(("classes", "is_ordinal"), KINDS)
def test_contributions_and_the_roots_add_up_to_the_log_odds(
    classes: tuple[str, ...], is_ordinal: bool
) -> None:
    one = cases(classes=classes, is_ordinal=is_ordinal)
    forest = fitted(one)
    rest = forest.decision(one.rows) - forest.contributions(one.rows).sum(axis=1)
    assert rest == pytest.approx(rest[0], abs=1e-9)


def test_the_feature_that_tells_the_classes_apart_moves_most_and_in_its_direction() -> None:
    one = cases()
    parts = fitted(one).contributions(one.rows)
    spreads = parts.std(axis=0)
    assert spreads[0] > 2 * spreads[1:].max()
    seen = ~np.isnan(one.rows[:, 0])
    assert np.corrcoef(one.rows[seen, 0], parts[seen, 0])[0, 1] > 0.7


def test_a_missing_value_counts_as_its_median() -> None:
    one = cases()
    forest = fitted(one)
    missing, median = one.rows[:1].copy(), one.rows[:1].copy()
    missing[0, 1], median[0, 1] = np.nan, forest.medians[1]
    assert forest.probabilities(missing) == pytest.approx(forest.probabilities(median))


def test_leaves_hold_no_fewer_images_the_more_there_are() -> None:
    assert fitted(cases(n=40)).leaf == LEAST_LEAF
    assert fitted(cases(n=300)).leaf == 15


@pytest.mark.parametrize(("classes", "is_ordinal"), KINDS)
def test_a_saved_forest_answers_the_same(classes: tuple[str, ...], is_ordinal: bool) -> None:
    one = cases(classes=classes, is_ordinal=is_ordinal)
    forest = fitted(one)
    kept = load_forest(dump_forest(forest))
    assert kept.columns == forest.columns
    assert np.array_equal(kept.probabilities(one.rows), forest.probabilities(one.rows))
    assert dump_forest(kept) == dump_forest(forest)


def upward(forest: Forest) -> Forest:
    left = forest.left.copy()
    left[np.flatnonzero(left >= 0)[1]] = 0
    return replace(forest, left=left)


def outside(forest: Forest) -> Forest:
    right = forest.right.copy()
    right[0] = len(right) + 5
    return replace(forest, right=right)


def into_the_next_tree(forest: Forest) -> Forest:
    right = forest.right.copy()
    right[0] = forest.roots[1] + 1
    return replace(forest, right=right)


def unknown_feature(forest: Forest) -> Forest:
    return replace(forest, feature=np.where(forest.feature >= 0, 9, -1))


def improbable(forest: Forest) -> Forest:
    return replace(forest, chance=forest.chance + 1)


def undefined(forest: Forest) -> Forest:
    return replace(forest, threshold=np.full(len(forest.threshold), np.nan))


def lost_median(forest: Forest) -> Forest:
    return replace(forest, medians=forest.medians[:-1])


def lost_tree(forest: Forest) -> Forest:
    return replace(forest, roots=forest.roots[1:])


@pytest.mark.parametrize(
    "change",
    [upward, outside, into_the_next_tree, unknown_feature, improbable, undefined, lost_median, lost_tree],
)
def test_nodes_that_would_loop_or_leave_their_tree_are_refused(change: Any) -> None:
    with pytest.raises(IntegrityError, match="not the classifier that ScaFE writes"):
        load_forest(dump_forest(change(fitted(cases(n=40)))))


def test_a_ridge_is_no_forest_and_a_forest_no_ridge() -> None:
    one = cases()
    with pytest.raises(IntegrityError, match="a ridge where the forest belongs"):
        load_forest(dump_classifier(fit_at_penalty(one, names(one), 1.0)))
    with pytest.raises(IntegrityError, match="a forest where the ridge belongs"):
        load_classifier(dump_forest(fitted(one)))


def test_a_ring_is_told_by_the_forest_and_a_slope_by_the_ridge() -> None:
    bent, straight = ring(), cases(n=60)
    assert choose_classifier(bent, names(bent), folds(bent), 0).leads
    assert not choose_classifier(straight, names(straight), folds(straight), 0).leads


def test_where_nothing_can_be_told_the_ridge_stays() -> None:
    taken = []
    for seed in range(4):
        one = ring(n=60, seed=seed).permuted(seed)
        taken.append(choose_classifier(one, names(one), folds(one, 2), 0).leads)
    assert sum(taken) <= 1
