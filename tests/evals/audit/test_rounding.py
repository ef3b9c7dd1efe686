"""What differs by rounding alone is constant, and no label's statistics come from pixels it does not have."""

import ast
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scafe.evals.audit.shortcuts import says_nothing, shortcut_rows
from scafe.evals.disclosure.bands import label_answer, shape_of
from scafe.evals.frozen.freeze import _alone
from scafe.evals.scoring.cases import Cases
from scafe.evals.scoring.score import Task, _design
from scafe.sandbox.pool.pool import ImageAndMask
from scafe.sandbox.probes.agreement import is_flat, spearman

ROOT = Path(__file__).parents[3]
POSITIVE = np.arange(60) < 30


def rounded(value: float, n: int = 60) -> np.ndarray:
    """One value as two orders of summation give it: the second half differs in the last bit."""
    return np.where(np.arange(n) < n // 2, value, np.nextafter(value, 2 * value + 1))


class TestFlat:
    @pytest.mark.parametrize("value", [0.1, 0.3, 1 / 3, 255.0, 1e6, -7.7])
    def test_a_constant_whose_spread_is_not_zero_is_flat(self, value: float) -> None:
        assert is_flat(np.full(1000, value))
        assert is_flat(rounded(value))

    @pytest.mark.parametrize("values", [[0.0, 1e-17, -1e-17], [np.nan, 2.0], [], [1e-12, 2e-12]])
    def test_nothing_and_noise_around_nothing_are_flat(self, values: list[float]) -> None:
        assert is_flat(np.array(values, dtype=np.float64))

    @given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e3))
    def test_what_varies_by_more_than_a_hundred_thousandth_is_not_flat(
        self, start: float, step: float
    ) -> None:
        step = max(step, abs(start) * 1e-4)
        assert not is_flat(np.array([start, start + step]))


def test_a_constant_feature_has_no_rank_correlation_with_a_dial() -> None:
    assert spearman(np.arange(60.0), rounded(0.3)) == 0.0
    assert spearman(np.arange(60.0), np.arange(60.0)) == 1.0


def test_a_constant_feature_says_nothing_of_the_label() -> None:
    assert label_answer(rounded(0.3), ~POSITIVE, 1).evidence == "inconclusive"
    assert label_answer(np.arange(60.0), ~POSITIVE, 1).evidence == "agrees"
    assert shape_of(rounded(0.3)) == shape_of(np.full(60, 0.1)) == "constant"


def test_a_constant_feature_of_a_frozen_set_has_no_direction() -> None:
    patients = tuple(f"p{n}" for n in range(60))
    task = Task(POSITIVE.astype(np.int64), patients)
    cases = Cases(np.stack([rounded(0.3), np.arange(60.0)], axis=1), task, ("a", "b"))
    assert (_alone(cases, 0).auc, _alone(cases, 0).found) == (0.5, "unclear")
    assert _alone(cases, 1).found == "down"


def test_a_constant_column_is_not_scaled_up_to_the_others() -> None:
    rows = np.stack([rounded(0.3), np.full(60, 0.1), np.arange(60.0)], axis=1)
    scaled = _design(rows, np.ones(60, dtype=bool))[:, 1:]
    assert np.abs(scaled[:, :2]).max() < 1e-9
    assert scaled[:, 2].std() == pytest.approx(1)


def plain_picture(height: int, width: int, colour: tuple[int, int, int]) -> ImageAndMask:
    mask = np.zeros((height, width), bool)
    mask[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3] = True
    return ImageAndMask(np.full((height, width, 3), colour, np.uint8), mask)


@pytest.mark.parametrize("colour", [(200, 100, 51), (1, 1, 0), (77, 78, 78)])
def test_pictures_without_a_mark_show_none_whatever_their_size(colour: tuple[int, int, int]) -> None:
    pictures = [plain_picture(60 + 7 * n, 90 + 11 * n, colour) for n in range(12)]
    rows = shortcut_rows(pictures)
    for name in ("marks", "border", "background", "exposure"):
        assert says_nothing(rows[name]), name
        assert (rows[name] == rows[name][0]).all(), name
    assert not says_nothing(rows["size"])


LABEL_STATISTICS = {
    *("minimum", "maximum", "median", "extrema", "minimum_position", "maximum_position"),
    *("mean", "variance", "standard_deviation", "center_of_mass", "sum_labels", "labeled_comprehension"),
}


@pytest.mark.parametrize("folder", ["knowledge/measures", "evals", "sandbox/probes", "agent/drafters"])
def test_nothing_asks_scipy_or_numpy_for_statistics_of_parts_that_may_be_empty(folder: str) -> None:
    """ndimage answers 0, or another label's value, for a label without pixels; reduceat the next part's."""
    asked = []
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            owner, _, name = called.rpartition(".")
            if name == "reduceat" or (owner.endswith(("ndimage", "ndi")) and name in LABEL_STATISTICS):
                asked.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert asked == []


def measures_of_components() -> list[str]:
    folder = ROOT / "knowledge/measures"
    found = [path for path in folder.rglob("*.py") if "connectedComponents" in path.read_text()]
    return sorted(str(path.relative_to(folder)) for path in found)


@pytest.mark.parametrize("name", measures_of_components())
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_that_is_one_component_gives_no_value_from_nowhere(name: str, level: int) -> None:
    """OpenCV describes the background of a picture without background by numbers near 2^31."""
    space: dict[str, object] = {}
    exec(compile((ROOT / "knowledge/measures" / name).read_text(), name, "exec"), space)
    mask = np.zeros((96, 96), bool)
    cv2_mask = cv2.circle(mask.astype(np.uint8), (48, 48), 30, 1, -1).astype(bool)
    values = space["extract"](np.full((96, 96, 3), level, np.uint8), cv2_mask)  # type: ignore[operator]
    ranges = {feature: spec["range"] for feature, spec in space["FEATURES"].items()}  # type: ignore[attr-defined]
    for feature, value in values.items():
        low, high = ranges[feature]
        assert np.isnan(value) or low <= value <= high, feature
