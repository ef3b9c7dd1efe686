"""Declared directions as the prior of the ridge: knowledge counts where labels are few, and may be wrong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.evals.companion.joined import Block, fit_joined
from scafe.evals.scoring.cases import Cases, per_patient
from scafe.evals.scoring.classifier import dump_classifier, fit_at_penalty, fit_classifier, load_classifier
from scafe.evals.scoring.crossfit import crossfit
from scafe.evals.scoring.gate import prune
from scafe.evals.scoring.ridge import Signs, stretch, unstretched
from scafe.evals.scoring.score import Task, cross_validate
from scafe.evals.scoring.splits import Folds, make_folds

COLUMNS = 12
TRUE: Signs = (1, -1) * (COLUMNS // 2)
"""How the features of `study` differ in the positive class."""


def study(n: int, seed: int, signs: Signs = TRUE, effect: float = 0.35) -> Cases:
    rng = np.random.default_rng(seed)
    target = np.arange(n) % 2
    rows = rng.normal(size=(n, COLUMNS)) + effect * np.outer(target, TRUE)
    rows[rng.random(rows.shape) < 0.03] = np.nan
    return Cases(rows, Task(target, tuple(f"p{one:04d}" for one in range(n))), ("mel", "nv"), signs)


def folds(one: Cases, n_folds: int = 5) -> Folds:
    return make_folds(range(len(one.rows)), one.task.patients, list(one.labels), 0, "test", 1, n_folds)


def names(one: Cases) -> tuple[str, ...]:
    return tuple(f"f{number}" for number in range(one.rows.shape[1]))


def auc_on_others(one: Cases) -> float:
    model = fit_classifier(one, names(one), folds(one))
    other = study(400, 99)
    return per_patient(other, model.probabilities(other.rows)).auc


def mean_auc(n: int, signs: Signs) -> float:
    return float(np.mean([auc_on_others(study(n, seed, signs)) for seed in range(20)]))


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=9))
def test_the_map_is_the_square_root_of_the_priors_covariance(signs: list[int]) -> None:
    along, column = stretch(tuple(signs)), np.array(signs, dtype=float)
    if sum(map(abs, signs)) < 2:
        assert along is None
    else:
        assert along is not None
        assert np.allclose(along @ along.T, np.eye(len(signs)) + np.outer(column, column))


def test_a_fit_minimises_the_loss_under_the_declared_prior() -> None:
    one, penalty = study(60, 3), 0.1
    model = fit_at_penalty(one, names(one), penalty)
    along = stretch(TRUE)
    assert along is not None
    precision = np.linalg.inv(along @ along)
    standard = model.pipeline[:-1].transform(one.rows)
    miss = model.probabilities(one.rows)[:, 0] - (one.task.target == 1)
    gradient = precision @ model.coefficients + penalty * standard.T @ miss
    assert np.abs(gradient).max() < 1e-5


def test_with_few_patients_and_true_directions_it_beats_the_plain_ridge() -> None:
    assert mean_auc(10, TRUE) > mean_auc(10, ()) + 0.03


def test_with_many_patients_the_labels_decide_whatever_is_declared() -> None:
    assert mean_auc(300, (1,) * COLUMNS) == pytest.approx(mean_auc(300, ()), abs=0.005)


def test_wrong_directions_cost_less_than_right_ones_bring() -> None:
    half_wrong: Signs = (1, -1, -1, 1) * (COLUMNS // 4)
    plain = mean_auc(10, ())
    assert plain - mean_auc(10, half_wrong) < mean_auc(10, TRUE) - plain


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 100), st.lists(st.sampled_from([-1, 0, 1]), min_size=COLUMNS, max_size=COLUMNS))
def test_turning_every_declared_direction_changes_nothing(seed: int, signs: list[int]) -> None:
    one = study(30, seed, tuple(signs))
    turned = replace(one, signs=tuple(-sign for sign in signs))
    first, second = (fit_at_penalty(each, names(each), 0.1) for each in (one, turned))
    assert np.allclose(first.coefficients, second.coefficients)


@pytest.mark.parametrize("signs", [(), (0,) * COLUMNS, (0, 1) + (0,) * (COLUMNS - 2)])
def test_where_next_to_nothing_is_declared_the_file_is_that_of_the_plain_ridge(signs: Signs) -> None:
    one = study(40, 1, signs)
    plain = fit_classifier(replace(one, signs=()), names(one), folds(one))
    assert dump_classifier(fit_classifier(one, names(one), folds(one))) == dump_classifier(plain)


def test_the_frozen_classifier_is_the_one_that_is_scored() -> None:
    one = study(60, 2)
    split = folds(one)
    held_out = crossfit(one, split, 0.1).probabilities
    within = [per_patient(one.select(test), held_out[test]).auc for test in split.tests]
    scored = cross_validate(one.rows, one.task, split, (0.1,), one.signs)
    assert within == pytest.approx(scored.fold_aucs)


def test_it_is_saved_and_read_back_as_a_linear_model() -> None:
    one = study(40, 4)
    model = fit_classifier(one, names(one), folds(one))
    again = load_classifier(dump_classifier(model))
    assert np.allclose(again.probabilities(one.rows), model.probabilities(one.rows))
    bias = one.classes[0] == model.pipeline[-1].classes_[1]
    intercept = model.pipeline[-1].intercept_[0] * (1 if bias else -1)
    total = model.contributions(one.rows).sum(axis=1) + intercept
    assert np.allclose(total, model.decision(one.rows))


def test_one_block_under_the_joined_ridge_is_the_same_classifier() -> None:
    one = study(50, 5)
    joined = fit_joined(one, (Block(names(one), signs=one.signs),), folds(one), penalty=0.1)
    single = fit_at_penalty(one, names(one), 0.1)
    assert np.allclose(joined.classifier().probabilities(one.rows), single.probabilities(one.rows), atol=1e-6)


def test_a_block_without_directions_beside_it_gets_none() -> None:
    one = study(50, 6)
    both = Cases(np.hstack([one.rows, one.rows[:, :2]]), one.task, one.classes)
    blocks = (Block(names(one), signs=one.signs), Block(("a", "b"), weight=1e-6))
    beside = fit_joined(both, blocks, folds(one), penalty=0.1).classifier()
    alone = fit_at_penalty(one, names(one), 0.1)
    assert np.allclose(beside.coefficients[:COLUMNS], alone.coefficients, atol=1e-4)


def test_labels_without_meaning_stay_at_chance() -> None:
    one = study(60, 7)
    aucs = [
        cross_validate(one.rows, one.task.permuted(draw), folds(one), (0.1,), one.signs).auc
        for draw in range(60)
    ]
    assert abs(np.mean(aucs) - 0.5) < 3 * np.std(aucs) / 60**0.5


def test_features_keep_their_directions_when_others_leave() -> None:
    one = study(40, 8)
    assert one.without(1).signs == (1, *TRUE[2:])
    assert one.select(one.task.target == 1).signs == TRUE
    assert one.with_rows(one.rows).signs == ()
    assert one.permuted(0).signs == TRUE


def test_pruning_scores_what_is_left_under_its_own_directions() -> None:
    one = study(80, 9, effect=0.8)
    kept = prune(one.rows, one.task, folds(one), signs=one.signs)
    assert 0 < len(kept) <= COLUMNS
    assert len(prune(one.rows[:, :1], one.task, folds(one), signs=(1,))) == 1


def test_unstretched_gives_plain_weights_back_where_there_is_no_prior() -> None:
    weights = np.arange(3.0)
    assert unstretched(weights, ()) is weights
