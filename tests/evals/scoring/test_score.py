"""The fast nested cross-validation is the plain scikit-learn one, and it is honest on noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scafe.evals.scoring.gate import decide, prune
from scafe.evals.scoring.ridge import fit_ridge_logistic
from scafe.evals.scoring.score import PENALTIES, CVScore, Task, cross_validate, discrimination
from scafe.evals.scoring.splits import Folds, make_folds


def study(n: int = 60, p: int = 5, gap: float = 1.0, seed: int = 0, images: int = 1, classes: int = 2):
    rng = np.random.default_rng(seed)
    target = np.arange(n) % classes
    rows = rng.normal(size=(n, p))
    rows[:, 0] += gap * target
    patients = tuple(f"p{i:03d}" for i in range(n))
    rows, target = np.repeat(rows, images, axis=0), np.repeat(target, images)
    rows += rng.normal(scale=0.1, size=rows.shape)
    patients = tuple(p for p in patients for _ in range(images))
    task = Task(target.astype(np.int64), patients, classes)
    folds = make_folds(range(len(target)), patients, [str(v) for v in target], seed, "loop", n_repeats=2)
    return rows, task, folds


def naive(rows: np.ndarray, task: Task, folds: Folds) -> list[float]:
    """Score with scikit-learn alone, fold by fold."""
    aucs = []
    for fold in folds.fold:
        for number in range(folds.n_folds):
            train, test = fold != number, fold == number
            pipeline = make_pipeline(
                SimpleImputer(strategy="median", keep_empty_features=True),
                StandardScaler(),
                LogisticRegression(solver="newton-cholesky", tol=1e-10, max_iter=200),
            )
            inner = PredefinedSplit(np.unique(fold[train], return_inverse=True)[1])
            grid = {"logisticregression__C": list(PENALTIES)}
            search = GridSearchCV(pipeline, grid, scoring="neg_log_loss", cv=inner)
            search.fit(rows[train], task.target[train])
            aucs.append(roc_auc_score(task.target[test], search.decision_function(rows[test])))
    return aucs


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_the_fast_score_is_the_score_of_a_plain_scikit_learn_loop(missing: float) -> None:
    rows, task, folds = study(p=6)
    folds = Folds(folds.ids, folds.fold[:1], folds.n_folds)
    rows[np.random.default_rng(1).random(rows.shape) < missing] = np.nan
    assert cross_validate(rows, task, folds).fold_aucs == pytest.approx(naive(rows, task, folds), abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-4, 0.1, 100.0]))
def test_a_ridge_fit_has_no_slope_left(seed: int, penalty: float) -> None:
    rng = np.random.default_rng(seed)
    design = np.c_[np.ones(40), rng.normal(size=(40, 6))]
    target = (design[:, 1] + rng.normal(size=40) > 0).astype(float)
    weights = (rng.random(40) < 0.8).astype(float)
    beta = fit_ridge_logistic(design[None], weights[None], target[None], np.array([penalty]))[0, 0]
    chance = 1 / (1 + np.exp(-design @ beta))
    slope = ((chance - target) * weights) @ design + np.r_[0, beta[1:]] / penalty
    assert np.abs(slope).max() < 1e-6 * max(1, np.abs(beta).max() / penalty)


def test_separable_data_is_fitted_without_running_away() -> None:
    design = np.c_[np.ones(30), np.linspace(-9, 9, 30)]
    target = (design[:, 1] > 0).astype(float)
    beta = fit_ridge_logistic(design[None], np.ones((1, 30)), target[None], np.array([1e6]))
    assert np.isfinite(beta).all()


def test_a_useful_feature_is_seen_and_noise_is_not() -> None:
    assert cross_validate(*study(n=80, gap=1.5)).auc > 0.75
    nulls = [cross_validate(*study(n=80, gap=0.0, seed=seed)).auc for seed in range(20)]
    assert abs(np.mean(nulls) - 0.5) < 3 * np.std(nulls) / np.sqrt(20)


def test_shuffled_labels_give_one_half() -> None:
    rows, task, folds = study(n=80, gap=2.0)
    found = [cross_validate(rows, task.permuted(seed), folds).auc for seed in range(20)]
    assert abs(np.mean(found) - 0.5) < 3 * np.std(found) / np.sqrt(20) + 0.01


def test_many_images_of_a_patient_do_not_feign_skill() -> None:
    # Four nearly identical images per patient: folds that split a patient would see .8 and more.
    found = [cross_validate(*study(n=40, p=8, gap=0.0, seed=seed, images=4)).auc for seed in range(8)]
    assert abs(np.mean(found) - 0.5) < 0.08


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_scale_and_units_of_a_feature_do_not_matter(seed: int) -> None:
    rows, task, folds = study(seed=seed)
    other = rows * np.array([1e-3, 7.0, 1e4, 1.0, 0.5]) + np.array([5.0, -1e3, 0.0, 2.0, 1.0])
    assert cross_validate(other, task, folds).fold_aucs == pytest.approx(
        cross_validate(rows, task, folds).fold_aucs
    )


def test_no_features_score_one_half_everywhere() -> None:
    rows, task, folds = study()
    assert set(cross_validate(rows[:, :0], task, folds).fold_aucs) == {0.5}


def test_a_column_that_is_never_measured_changes_nothing() -> None:
    rows, task, folds = study()
    padded = np.c_[rows, np.full(len(rows), np.nan)]
    assert cross_validate(padded, task, folds).fold_aucs == pytest.approx(
        cross_validate(rows, task, folds).fold_aucs
    )


def test_three_classes_are_scored_pair_by_pair() -> None:
    rows, task, folds = study(n=90, gap=2.0, classes=3)
    assert cross_validate(rows, task, folds).auc > 0.8
    logits = np.random.default_rng(0).normal(size=(3, 90))
    chances = 1 / (1 + np.exp(-logits))
    expected = roc_auc_score(task.target, (chances / chances.sum(axis=0)).T, multi_class="ovo")
    assert discrimination(logits, task.target, task) == pytest.approx(expected)


def test_ordered_levels_are_scored_by_concordance() -> None:
    rows, task, folds = study(n=90, gap=1.5, classes=3)
    ordered = Task(task.target, task.patients, 3, is_ordinal=True)
    assert cross_validate(rows, ordered, folds).auc > 0.8
    assert abs(cross_validate(rows[:, 1:], ordered, folds).auc - 0.5) < 0.15


def test_labels_are_dealt_anew_by_patient() -> None:
    _, task, _ = study(n=40, images=3)
    shuffled = task.permuted(0)
    assert all(len(set(shuffled.target[i : i + 3])) == 1 for i in range(0, 120, 3))
    assert sorted(shuffled.target) == sorted(task.target)
    assert list(shuffled.target) != list(task.target)


def test_the_gate_accepts_a_strong_feature_and_nothing_that_is_a_copy() -> None:
    rows, task, folds = study(n=100, gap=1.5)
    noise, both = cross_validate(rows[:, 1:3], task, folds), cross_validate(rows[:, :3], task, folds)
    assert decide(noise, both, folds).outcome == "accepted"
    assert decide(both, noise, folds).outcome == "rejected"
    assert decide(both, CVScore(both.fold_aucs.copy(), both.penalties), folds).outcome == "rejected"


def test_pruning_drops_what_harms_and_keeps_what_helps() -> None:
    rng = np.random.default_rng(0)
    harmful = rng.normal(size=100)

    def score(some: np.ndarray) -> CVScore:
        good, bad = np.isin(rows[0], some[0]), harmful[0] in some[0]
        return CVScore(0.6 + 0.05 * good.sum() - 0.1 * bad + rng.normal(0, 0.001, 10), np.ones(10))

    rows, task, folds = study(n=100, p=3)
    assert prune(np.c_[rows, harmful], task, folds, score) == (0, 1, 2)


def test_labels_dealt_anew_over_few_patients_still_have_a_score() -> None:
    """Named fault: a fold left without one class made the permuted control 'nan', and voided the claim."""
    rows, task, folds = study(n=12, p=2)
    scores = [cross_validate(rows, task.permuted(seed), folds, (1.0,)) for seed in range(20)]
    assert any(np.isnan(one.fold_aucs).any() for one in scores)
    assert 0.3 < np.mean([one.auc for one in scores]) < 0.7


@pytest.mark.parametrize("images", [1, 3])
def test_a_score_is_the_same_however_many_training_sets_are_fitted_at_once(
    images: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, task, folds = study(n=80, images=images)
    together = cross_validate(rows, task, folds)
    for name in ("score", "ridge"):
        monkeypatch.setattr(f"scafe.evals.scoring.{name}.AT_ONCE", 1)
    alone = cross_validate(rows, task, folds)
    assert alone.fold_aucs.tobytes() == together.fold_aucs.tobytes()
    assert alone.penalties.tobytes() == together.penalties.tobytes()
