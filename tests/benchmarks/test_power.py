"""The few-patients benchmark: paired draws, intervals that hold what they should, no gain out of noise."""

import numpy as np

from benchmarks.power.draws import power_curve
from scafe.evals.scoring.score import Task

CLASSES = ("sick", "well")


def _task(n: int = 60) -> Task:
    return Task(np.arange(n) % 2, tuple(f"p{number:03d}" for number in range(n)))


def _curve(rows, task):
    return power_curve(rows, task, CLASSES, draws=5, seed=3)


def test_the_same_features_differ_by_nothing_at_every_size():
    rows = np.random.default_rng(0).normal(size=(60, 3))
    for point in _curve({"measures": rows, "other": rows.copy()}, _task()):
        assert point.differences["other"].value == 0
        assert point.differences["other"].low == point.differences["other"].high == 0


def test_a_telling_feature_stands_above_noise_and_noise_about_one_half():
    task, rng = _task(), np.random.default_rng(1)
    noise = rng.normal(size=(60, 2))
    telling = np.column_stack([task.target + 0.3 * rng.normal(size=60), noise[:, 0]])
    last = _curve({"measures": telling, "noise": noise}, task)[-1]
    assert last.patients_per_class is None
    assert last.aucs["measures"].value > 0.9
    assert last.aucs["noise"].low < 0.5 < last.aucs["noise"].high
    assert last.differences["noise"].low > 0


def test_sizes_stop_where_a_fold_has_no_more_patients():
    rows = np.random.default_rng(2).normal(size=(60, 2))
    assert [point.patients_per_class for point in _curve({"measures": rows}, _task())] == [5, 10, 20, None]
