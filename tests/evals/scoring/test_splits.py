"""Parts and folds are by patient, stratified, and fixed by hashes alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scafe.evals.scoring.feedback import plan_feedback
from scafe.evals.scoring.splits import Folds, make_folds, split_patients
from scafe.knowledge.contract.errors import DatasetError, SettingsError


def cohort(per_class: tuple[int, ...], images: int = 1) -> tuple[list[str], list[str]]:
    pairs = [(f"p{c}-{i}", f"c{c}") for c, n in enumerate(per_class) for i in range(n) for _ in range(images)]
    return [p for p, _ in pairs], [label for _, label in pairs]


def test_eighty_patients_per_class_give_24_sealed_each_and_112_to_develop_on() -> None:
    patients, labels = cohort((80, 80))
    split = split_patients(patients, labels, seed=0)
    assert len(split.dev) == 112
    assert sorted(labels[i] for i in split.sealed) == ["c0"] * 24 + ["c1"] * 24


def test_data_too_small_to_seal_has_no_sealed_part() -> None:
    patients, labels = cohort((200, 70))
    split = split_patients(patients, labels, seed=0)
    assert split.sealed == ()
    assert len(split.dev) == 270


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.randoms(use_true_random=False))
def test_no_patient_is_in_two_parts_and_the_order_of_rows_does_not_matter(seed, images, rng) -> None:
    patients, labels = cohort((85, 90), images)
    split = split_patients(patients, labels, seed)
    dev, sealed = {patients[i] for i in split.dev}, {patients[i] for i in split.sealed}
    assert not dev & sealed
    assert len(split.dev) + len(split.sealed) == len(patients)
    order = list(range(len(patients)))
    rng.shuffle(order)
    again = split_patients([patients[i] for i in order], [labels[i] for i in order], seed)
    assert {patients[order[i]] for i in again.sealed} == sealed


def test_another_seed_seals_other_patients() -> None:
    patients, labels = cohort((80, 80))
    assert split_patients(patients, labels, 0).sealed != split_patients(patients, labels, 1).sealed


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 6), min_size=12, max_size=30))
def test_folds_keep_patients_together_and_classes_in_proportion(seed, sizes) -> None:
    patients = [f"p{i}" for i, size in enumerate(sizes) for _ in range(size)]
    labels = [f"c{int(p[1:]) % 2}" for p in patients]
    folds = make_folds(range(len(patients)), patients, labels, seed, "loop", n_repeats=3)
    for row in folds.fold:
        assert all(
            len({int(f) for f, p in zip(row, patients, strict=True) if p == one}) == 1 for one in patients
        )
        for label in ("c0", "c1"):
            counts = np.bincount(row[np.array(labels) == label], minlength=5)
            assert counts.min() > 0
            assert counts.max() - counts.min() <= max(sizes)


def test_the_test_sets_of_a_repeat_cover_every_item_once() -> None:
    patients, labels = cohort((13, 17))
    folds = make_folds(range(30), patients, labels, 0, "loop")
    assert folds.tests.shape == (50, 30)
    assert (folds.tests.reshape(10, 5, 30).sum(axis=1) == 1).all()


def test_fresh_folds_are_not_the_folds_of_the_loop() -> None:
    patients, labels = cohort((20, 20))
    one, other = (make_folds(range(40), patients, labels, 0, purpose) for purpose in ("loop", "fresh"))
    same = [_same_partition(one, other, repeat) for repeat in range(10)]
    assert not any(same)


def _same_partition(one: Folds, other: Folds, repeat: int) -> bool:
    together = [f[repeat][:, None] == f[repeat][None, :] for f in (one.fold, other.fold)]
    return bool((together[0] == together[1]).all())


def test_too_few_patients_for_the_folds_is_said_in_words() -> None:
    with pytest.raises(DatasetError, match="'c1' has 4 patients"):
        make_folds(range(14), *cohort((10, 4)), 0, "loop")


@pytest.mark.parametrize(
    ("asked", "patients", "is_sealed", "mode", "queries"),
    [
        ("auto", 99, True, "blind", 0),
        ("auto", 112, True, "gated", 20),
        ("auto", 200, True, "gated", 50),
        ("auto", 500, False, "blind", 0),
        ("blind", 500, True, "blind", 0),
        ("gated", 150, True, "gated", 20),
    ],
)
def test_labels_steer_only_where_the_data_can_bear_it(asked, patients, is_sealed, mode, queries) -> None:
    plan = plan_feedback(asked, patients, is_sealed)
    assert (plan.mode, plan.queries) == (mode, queries)


@pytest.mark.parametrize(("patients", "is_sealed"), [(99, True), (500, False)])
def test_gated_feedback_on_data_that_cannot_bear_it_is_refused(patients, is_sealed) -> None:
    with pytest.raises(SettingsError, match="--feedback auto or blind"):
        plan_feedback("gated", patients, is_sealed)
