"""Draws: the same patients for each row, none on both sides, small training sets inside larger ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.compare.plan import ALL, make_plan
from scafe.evals.data.dataset import Dataset
from scafe.knowledge.contract.errors import InputError


def test_no_patient_is_trained_on_and_tested(dataset: Dataset) -> None:
    plan = make_plan(dataset, (3, 5), 6)
    for draw in plan.draws:
        assert not draw.test & draw.train(ALL)
        assert draw.test | draw.train(ALL) == set(dataset.patients)


def test_a_smaller_training_set_is_part_of_a_larger_one_and_balanced(dataset: Dataset) -> None:
    plan = make_plan(dataset, (2, 3, 5), 4)
    for draw in plan.draws:
        for small, large in ((2, 3), (3, 5), (5, ALL)):
            assert draw.train(small) < draw.train(large)
        assert sorted(name.startswith("red") for name in draw.train(3)) == [False] * 3 + [True] * 3


def test_a_size_that_the_smallest_class_cannot_fill_is_left_out_and_told(dataset: Dataset) -> None:
    plan = make_plan(dataset, (5, 10, 20, 80), 2)
    assert plan.sizes == (5, 10) or plan.sizes == (5, 10, ALL)
    assert plan.left_out == (20, 80)


@given(seed=st.integers(0, 10_000))
def test_draws_depend_on_the_seed_alone(seed: int, dataset: Dataset) -> None:
    first, second = make_plan(dataset, (5,), 3, seed), make_plan(dataset, (5,), 3, seed)
    assert first.draws == second.draws
    assert len({draw.test for draw in first.draws}) == 3


def test_patients_whose_labels_chose_features_never_test(dataset: Dataset) -> None:
    held = frozenset(f"{label}{number}" for label in ("red", "pale") for number in range(4))
    plan = make_plan(dataset, (5,), 3, held=held)
    assert plan.fixed_test
    assert {draw.test for draw in plan.draws} == {held}


@pytest.mark.parametrize(("sizes", "draws"), [((1,), 5), ((), 5), ((5,), 1)])
def test_what_cannot_be_drawn_is_refused_in_one_sentence(dataset: Dataset, sizes: tuple, draws: int) -> None:
    with pytest.raises(InputError, match="at least 2 draws, and sizes of at least 2"):
        make_plan(dataset, sizes, draws)


def test_every_patient_is_tested_about_as_often_as_any_other(dataset: Dataset) -> None:
    plan = make_plan(dataset, (5,), 200)
    times = np.array([sum(name in draw.test for draw in plan.draws) for name in set(dataset.patients)])
    assert times.min() > 30  # 200 draws of 4 from 14: 57 expected
    assert times.max() < 90
