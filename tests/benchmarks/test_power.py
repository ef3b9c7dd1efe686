"""The few-patients benchmark: paired draws, intervals that hold what they should, no gain out of noise."""

import numpy as np

from benchmarks.power.draws import power_curve
from benchmarks.power.page import page
from benchmarks.power.profile import OWN, time_of_parts
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


def test_time_in_libraries_counts_for_the_part_that_called_them():
    blur, own, other = ("cv2", 0, "blur"), (f"{OWN}border", 3, "extract"), (f"{OWN}colour", 3, "extract")
    stats = {
        own: (1, 1, 0.2, 1.2, {}),
        other: (1, 1, 0.1, 0.4, {}),
        blur: (3, 3, 1.3, 1.3, {own: (2, 2, 1.0, 1.0), other: (1, 1, 0.3, 0.3)}),
    }
    assert time_of_parts(stats) == {"border": 1.2, "colour": 0.4}


def _record(**more):
    one = {"value": 0.8, "low": 0.7, "high": 0.9}
    point = {"patients_per_class": None, "draws": 5, "aucs": {"measures": one}, "differences": {}}
    costs = {"measures": 30.0, "colour_texture": 20.0, "decode_ms": 0.5}
    about = {"counts": {"sick": 9}, "left_out": 0, "features": 3, "seed": 0, "code": "abc"}
    return {**about, "points": [point], "costs": costs, **more}


def test_the_page_names_the_dearest_parts_and_adds_up_the_others():
    parts = {f"part{number}": 10.0 - number for number in range(10)}
    text = page({}, {"set": _record(parts=parts)})
    assert "`part0` 10.0" in text
    assert "2 others 3.0" in text


def test_the_page_ends_with_the_reasons_that_people_wrote_and_tells_of_frozen_sets():
    frozen = {"run": "played", "features": 7, "whole": 218.4, "locator": 0.0}
    text = page({}, {"set": _record(frozen=frozen)}, "## Reasons\n\nSo it is.\n")
    assert "`played`, 7 extractors: 218." in text
    assert text.endswith("So it is.\n")
