"""The classifier of a frozen set: the scored one, same bytes each time, no foreign types."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from scafe.evals.scoring.cases import Cases, per_patient
from scafe.evals.scoring.classifier import (
    Classifier,
    dump_classifier,
    fit_at_penalty,
    fit_classifier,
    level_chances,
    load_classifier,
)
from scafe.evals.scoring.crossfit import crossfit
from scafe.evals.scoring.score import Task, cross_validate
from scafe.evals.scoring.splits import Folds, make_folds
from scafe.knowledge.contract.errors import IntegrityError


def cases(n: int = 60, features: int = 4, classes: tuple[str, ...] = ("mel", "nv"), seed: int = 0) -> Cases:
    rng = np.random.default_rng(seed)
    target = np.arange(n) % len(classes)
    rows = rng.normal(size=(n, features))
    rows[:, 0] += target == 1
    rows[rng.random((n, features)) < 0.05] = np.nan
    return Cases(rows, Task(target, tuple(f"p{number:03d}" for number in range(n)), len(classes)), classes)


def folds(one: Cases, repeats: int = 2) -> Folds:
    return make_folds(range(len(one.rows)), one.task.patients, list(one.labels), 0, "test", repeats)


def fitted(one: Cases) -> Classifier:
    return fit_classifier(one, tuple(f"f{number}" for number in range(one.rows.shape[1])), folds(one))


def test_the_frozen_classifier_is_the_one_that_the_loop_scores() -> None:
    one = cases(100)
    split = folds(one, 1)
    held_out = crossfit(one, split, 0.1).probabilities
    within = [per_patient(one.select(test), held_out[test]).auc for test in split.tests]
    assert within == pytest.approx(cross_validate(one.rows, one.task, split, (0.1,)).fold_aucs)


def test_three_classes_are_scored_as_they_are_frozen() -> None:
    one = cases(90, classes=("b", "a", "c"))
    split = folds(one, 1)
    held_out = crossfit(one, split, 0.1).probabilities
    within = [per_patient(one.select(test), held_out[test]).auc for test in split.tests]
    assert within == pytest.approx(cross_validate(one.rows, one.task, split, (0.1,)).fold_aucs, abs=1e-9)


def test_a_column_that_is_never_measured_or_never_varies_changes_nothing() -> None:
    one = cases()
    blank = one.with_rows(np.column_stack([one.rows, np.full(60, np.nan), np.full(60, 0.1)]))
    without, within = fit_at_penalty(one, tuple("abcd"), 0.1), fit_at_penalty(blank, tuple("abcdef"), 0.1)
    assert within.probabilities(blank.rows) == pytest.approx(without.probabilities(one.rows), abs=1e-9)


def test_contributions_and_intercept_add_up_to_the_log_odds() -> None:
    one = cases()
    model = fitted(one)
    chance = model.probabilities(one.rows)[:, 0]
    rest = np.log(chance / (1 - chance)) - model.contributions(one.rows).sum(axis=1)
    assert np.ptp(rest) < 1e-9


def test_swapping_which_class_is_positive_swaps_the_probabilities() -> None:
    one = cases()
    turned = Cases(one.rows, Task(1 - one.task.target, one.task.patients), ("nv", "mel"))
    assert list(turned.labels) == list(one.labels)
    assert fitted(turned).probabilities(one.rows) == pytest.approx(
        fitted(one).probabilities(one.rows)[:, ::-1]
    )
    assert fitted(turned).coefficients == pytest.approx(-fitted(one).coefficients)


@pytest.mark.parametrize("classes", [("mel", "nv"), ("b", "a", "c")])
def test_a_saved_classifier_answers_the_same_and_holds_no_untrusted_type(classes: tuple[str, ...]) -> None:
    one = cases(classes=classes)
    model = fitted(one)
    data = dump_classifier(model)
    loaded = load_classifier(data)
    assert skops.io.get_untrusted_types(data=data) == []
    assert np.array_equal(loaded.probabilities(one.rows), model.probabilities(one.rows))
    assert np.array_equal(loaded.contributions(one.rows), model.contributions(one.rows))
    assert (loaded.classes, loaded.columns, loaded.penalty) == (model.classes, model.columns, model.penalty)


def test_a_saved_classifier_has_the_same_bytes_in_another_process_and_under_another_hash_seed() -> None:
    program = (
        f"import hashlib, sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
        "import test_classifier as t; "
        "print(hashlib.sha256(t.dump_classifier(t.fitted(t.cases()))).hexdigest())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_a_classifier_file_with_a_foreign_type_is_refused_unloaded() -> None:
    data = skops.io.dumps({"model": np.dtype("float64")})
    with pytest.raises(IntegrityError, match=r"numpy\.dtype"):
        load_classifier(data)


def test_a_crafted_classifier_that_names_a_function_is_refused_by_its_name() -> None:
    with zipfile.ZipFile(io.BytesIO(dump_classifier(fitted(cases())))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files["schema.json"])
    schema["content"]["penalty"] = {
        "__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "__id__": 999,
        "content": {"module_path": "os", "function": "system"},
    }  # fmt: skip
    crafted = io.BytesIO()
    with zipfile.ZipFile(crafted, "w") as archive:
        for name, content in {**files, "schema.json": json.dumps(schema).encode()}.items():
            archive.writestr(name, content)
    with pytest.raises(IntegrityError, match=r"os\.system"):
        load_classifier(crafted.getvalue())


def test_noise_gets_a_stronger_penalty_than_signal() -> None:
    signal = cases(120)
    noise = signal.with_rows(np.random.default_rng(1).normal(size=(120, 20)))
    assert fitted(noise).penalty < fitted(signal).penalty


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_auc_by_patient_is_that_of_scikit_learn_ties_included(seed: int) -> None:
    one = cases(20)
    chance = np.round(np.random.default_rng(seed).random(20), 1)
    scored = per_patient(one, np.column_stack([chance, 1 - chance]))
    assert scored.auc == pytest.approx(roc_auc_score(one.labels == "mel", chance))


def test_a_patient_counts_once_however_many_images_there_are() -> None:
    one = Cases(np.zeros((4, 1)), Task(np.array([1, 1, 1, 0]), ("p1", "p1", "p2", "p3")), ("a", "b"))
    found = per_patient(one, np.array([[0.2, 0.8], [0.4, 0.6], [0.9, 0.1], [0.5, 0.5]]))
    assert list(found.labels) == ["a", "a", "b"]
    assert found.chances == pytest.approx([0.3, 0.9, 0.5])


class TestLevels:
    """Ordinal targets: levels with the highest first."""

    LEVELS = ("severe", "moderate", "mild")

    def drawn(self, n: int = 120, seed: int = 0) -> Cases:
        rng = np.random.default_rng(seed)
        rank = np.arange(n) % 3
        rows = np.column_stack([rank + rng.normal(0, 1, n), rng.normal(size=(n, 2))])
        rows[rng.random(rows.shape) < 0.05] = np.nan
        task = Task(rank, tuple(f"p{number:03d}" for number in range(n)), 3, is_ordinal=True)
        return Cases(rows, task, self.LEVELS)

    def test_the_highest_number_is_the_first_label(self) -> None:
        one = self.drawn()
        assert list(one.labels[:3]) == ["mild", "moderate", "severe"]
        scored = per_patient(one, np.full((len(one.rows), 3), 1 / 3))
        assert list(scored.positive[:3]) == [False, False, True]

    def test_levels_are_scored_as_they_are_frozen(self) -> None:
        one = self.drawn(90)
        split = folds(one, 1)
        held_out = crossfit(one, split, 0.1).probabilities
        within = [per_patient(one.select(test), held_out[test]).auc for test in split.tests]
        assert within == pytest.approx(cross_validate(one.rows, one.task, split, (0.1,)).fold_aucs)

    def test_chances_of_levels_are_chances(self) -> None:
        one = self.drawn()
        chances = fitted(one).probabilities(one.rows)
        assert chances.min() >= 0
        assert chances.sum(axis=1) == pytest.approx(1.0)

    def test_chances_that_cross_are_made_to_fall(self) -> None:
        assert level_chances(np.array([[0.4, 0.6]])) == pytest.approx(np.array([[0.4, 0.0, 0.6]]))

    def test_turning_the_scale_around_turns_the_chances_around(self) -> None:
        one = self.drawn()
        task = Task(2 - one.task.target, one.task.patients, 3, is_ordinal=True)
        turned = Cases(one.rows, task, self.LEVELS[::-1])
        first, second = (fit_at_penalty(each, ("a", "b", "c"), 1.0) for each in (one, turned))
        there, back = first.probabilities(one.rows), second.probabilities(one.rows)[:, ::-1]
        assert back == pytest.approx(there, abs=1e-6)

    def test_a_feature_that_rises_with_the_level_has_a_positive_coefficient_and_shares_add_up(self) -> None:
        one = self.drawn()
        model = fitted(one)
        assert model.coefficients[0] > max(abs(model.coefficients[1:]))
        rest = model.decision(one.rows) - model.contributions(one.rows).sum(axis=1)
        assert rest == pytest.approx(np.full(len(rest), rest[0]))

    def test_the_file_keeps_the_order_and_needs_no_trust(self) -> None:
        one = self.drawn()
        model = fitted(one)
        again = load_classifier(dump_classifier(model))
        assert again.is_ordinal
        assert np.array_equal(again.probabilities(one.rows), model.probabilities(one.rows))
