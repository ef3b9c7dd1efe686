"""The ridge in the span of the images is the ridge on the columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from scafe.evals.peers import penalised
from scafe.evals.peers.peer import Train
from scafe.evals.scoring.score import Task
from scafe.evals.scoring.stats import auc


def train(seed: int, n_classes: int = 2, patients: int = 12, width: int = 200) -> Train:
    rng = np.random.default_rng(seed)
    target = np.arange(n_classes * patients) % n_classes
    rows = rng.normal(size=(len(target), width)) + target[:, None] * rng.normal(size=width) * 0.5
    names = tuple(f"p{number}" for number in range(len(target)))
    classes = tuple(f"c{number}" for number in range(n_classes))
    return Train({"view": rows}, names, classes, 0, Task(target, names, n_classes))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_wide_table_gets_the_solution_that_scikit_learn_finds_on_its_columns(seed: int) -> None:
    one, other = train(seed), train(seed + 5000)
    wide = penalised._fit_wide(one, "view")
    scale = one["view"].var(axis=0).mean() ** 0.5
    found = wide.predict(other.unlabelled())
    strengths = []
    for strength in penalised.PENALTIES:
        model = LogisticRegression(C=strength, tol=1e-10, max_iter=5000).fit(
            one["view"] / scale, one.task.target
        )
        strengths.append(np.abs(model.predict_proba(other["view"] / scale)[:, 1] - found[:, 0]).max())
    assert min(strengths) < 1e-4


@pytest.mark.parametrize("n_classes", [2, 3])
def test_missing_numbers_and_constant_columns_are_survived(n_classes: int) -> None:
    one = train(0, n_classes)
    rows = one["view"].copy()
    rows[:, 0], rows[0, 1:5], rows[:, 6] = np.nan, np.nan, 3.0
    fitted = penalised.fit_ridge(Train({"view": rows}, one.patients, one.classes, 0, one.task), "view")
    found = fitted.predict(one.unlabelled())
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_two_patients_a_class_are_enough_to_fit() -> None:
    assert penalised.fit_ridge(train(1, patients=2, width=4), "view").predict(train(1, width=4)).shape[1] == 2


def test_a_unit_that_is_nearly_always_zero_does_not_drown_the_others() -> None:
    """Column by column, an image that wakes a silent unit would decide: a first version's fault."""
    one, other = train(3, patients=5), train(4, patients=40)
    views = []
    for data in (one, other):
        rows = data["view"].copy()
        rows[:, 50:] = 1e-3 * np.random.default_rng(len(rows)).exponential(size=(len(rows), 150)) ** 4
        views.append(Train({"view": rows}, data.patients, data.classes, 0, data.task))
    chances = penalised.fit_ridge(views[0], "view").predict(views[1].unlabelled())[:, 0]
    alone = [Train({"view": v["view"][:, :50]}, v.patients, v.classes, 0, v.task) for v in views]
    fitted = penalised._fit_wide(alone[0], "view").predict(alone[1].unlabelled())[:, 0]
    truth = views[1].task.target == 1
    assert auc(chances, truth) > auc(fitted, truth) - 0.05
