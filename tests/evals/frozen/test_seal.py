"""The held-out test set is scored once: refusals, kills and what the opening says."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata

from scafe.evals.frozen.fitting import session_cases
from scafe.evals.frozen.freeze import freeze
from scafe.evals.frozen.seal import HEADLINE, MARKER, open_seal, read_headline
from scafe.evals.peers.colour_texture import colour_texture_rows
from scafe.evals.scoring import assessment
from scafe.evals.scoring.assessment import (
    brier,
    brier_skill,
    calibrate,
    call,
    compare,
    estimate_auc,
    net_benefit,
    permutation_p,
    roc_points,
)
from scafe.evals.scoring.cases import Scored
from scafe.evals.scoring.controls import Study, run_controls
from scafe.evals.scoring.headline import Headline
from scafe.evals.scoring.score import Task
from scafe.knowledge.contract.errors import IntegrityError, SealError
from scafe.sandbox.pool.pool import ImageAndMask

Open = Callable[..., Any]


def frozen(session: Any, folder: Path) -> str:
    freeze(session, session.refs(), str(folder / "frozen"), {})
    return str(folder / "frozen")


def scored(n: int = 120, shift: float = 1.0, seed: int = 0) -> Scored:
    rng = np.random.default_rng(seed)
    target = np.arange(n) % 2
    odds = rng.normal(size=n) * 1.0 + shift * (target - 0.5)
    chances = 1 / (1 + np.exp(-shift * odds))
    task = Task(target, tuple(f"p{number:03d}" for number in range(n)))
    return Scored(task, ("a", "b"), np.column_stack([chances, 1 - chances]))


@pytest.fixture(scope="module")
def opened(open_toy: Open, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A session whose seal Ada opened, with what she was told as `told` and its bundle as `bundle`."""
    folder = tmp_path_factory.mktemp("seal")
    session = open_toy(folder / "bench")
    session.bundle = frozen(session, folder)
    session.told = open_seal(session, session.bundle, "Ada")
    return session


def test_the_headline_is_that_of_sealed_patients_beside_a_baseline_and_a_null(opened: Any) -> None:
    told, headline = opened.told, read_headline(opened)
    assert told.sealed
    assert headline.patients == {"severe": 27, "mild": 27}
    assert told.low < told.auc < told.high
    assert told.auc > 0.65
    assert 0.3 < told.permuted_auc < 0.7
    assert headline.permuted.p < 0.05
    assert headline.baseline.features == 33
    assert headline.difference.auc.value == pytest.approx(told.auc - told.baseline_auc, abs=1e-5)
    assert sum(sum(row.values()) for row in headline.cut.confusion.values()) == 54
    assert told.voided is None


def test_an_opening_carries_the_audits(opened: Any) -> None:
    headline = read_headline(opened)
    assert {one.name for one in headline.shortcuts} == {
        "border",
        "background",
        "exposure",
        "marks",
        "mask outline",
    }
    assert [one.patients_per_class for one in headline.learning] == [5, 10, 20, 40, 63]
    assert {one.labels_touched for one in headline.learning} == {126}
    assert headline.subgroups
    assert sum(sum(one.patients.values()) for one in headline.subgroups) <= 54


def test_a_second_opening_is_refused_and_says_when_by_whom_and_for_what(opened: Any) -> None:
    marker = json.loads((opened.folder / MARKER).read_text())
    with pytest.raises(SealError, match=re.escape(f"opened at {marker['opened_at']} by Ada")) as refusal:
        open_seal(opened, opened.bundle, "Ben")
    assert "Draw new patients" in str(refusal.value)
    assert marker["data_sha256"] == opened.facts.data_sha256
    assert read_headline(opened).bundle == marker["bundle"]


def test_a_failed_attempt_burns_the_seal(toy_session: Open, tmp_path: Path) -> None:
    session = toy_session()
    bundle = frozen(session, tmp_path)
    matrix = session.matrix

    def failing(pool: Any, ids: Any) -> Any:
        if ids == session.split.sealed:
            raise ZeroDivisionError
        return matrix(pool, ids)

    session.matrix = failing
    with pytest.raises(ZeroDivisionError):
        open_seal(session, bundle, "Ada")
    session.matrix = matrix
    with pytest.raises(SealError, match="a failed attempt counts"):
        open_seal(session, bundle, "Ada")
    with pytest.raises(SealError, match="used up"):
        read_headline(session)


def test_a_kill_in_the_middle_burns_the_seal(toy_session: Open, toy_phantom: str, tmp_path: Path) -> None:
    session = toy_session()
    bundle = frozen(session, tmp_path)
    program = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import conftest, pathlib
conftest.plug_in_the_toy_phantom(pathlib.Path({str(tmp_path / "plugin")!r}))
from scafe.evals.frozen.seal import open_seal
session = conftest.ToySession(pathlib.Path({str(session.folder)!r}))
matrix = session.matrix
def deadly(pool, ids):
    if ids == session.split.sealed:
        os.kill(os.getpid(), signal.SIGKILL)
    return matrix(pool, ids)
session.matrix = deadly
open_seal(session, {bundle!r}, "Ada")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env=dict(os.environ), check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (session.folder / HEADLINE).exists()
    with pytest.raises(SealError, match="by Ada"):
        open_seal(session, bundle, "Ben")


def test_a_marker_that_was_cut_off_while_written_still_burns(toy_session: Open, tmp_path: Path) -> None:
    session = toy_session()
    bundle = frozen(session, tmp_path)
    (session.folder / MARKER).write_text("")
    with pytest.raises(SealError, match="cut off"):
        open_seal(session, bundle, "Ada")


def test_what_cannot_be_scored_is_refused_before_the_seal_is_burnt(toy_session: Open, tmp_path: Path) -> None:
    session = toy_session()
    bundle = frozen(session, tmp_path)
    card = Path(bundle) / "model_card.md"
    good = card.read_text()
    card.write_text(good + "improved")
    with pytest.raises(IntegrityError, match="model_card"):
        open_seal(session, bundle, "Ada")
    card.write_text(good)
    session.facts = session.facts.model_copy(update={"data_sha256": "e" * 64})
    with pytest.raises(SealError, match="frozen on data dddddddddddd"):
        open_seal(session, bundle, "Ada")
    assert not (session.folder / MARKER).exists()


def test_data_too_small_to_seal_gives_one_cross_validation_and_burns_nothing(
    toy_session: Open, tmp_path: Path
) -> None:
    session = toy_session(n_per_class=25)
    bundle = frozen(session, tmp_path)
    first, second = (open_seal(session, bundle, "Ada") for _ in range(2))
    assert first == second
    assert not first.sealed
    assert read_headline(session).patients == {"severe": 25, "mild": 25}
    assert "nothing held out" in read_headline(session).method
    assert not (session.folder / MARKER).exists()


def test_a_headline_record_holds_no_value_of_a_single_patient(opened: Any) -> None:
    text = (opened.folder / HEADLINE).read_text()
    assert not any(name in text for name in opened.names)
    assert Headline.model_validate_json(text).images == 54


def test_a_null_cohort_has_no_headline_to_speak_of(toy_session: Open, tmp_path: Path) -> None:
    session = toy_session(flavour="null", seed=4)
    opened = open_seal(session, frozen(session, tmp_path), "Ada")
    assert opened.low < 0.5 < opened.high  # type: ignore[operator]
    assert read_headline(session).permuted.p > 0.05


def test_controls_pass_on_an_honest_set_and_fail_where_permuted_labels_show(toy_session: Open) -> None:
    session = toy_session()
    dev = session.split.dev
    cases = session_cases(session, session.matrix(session.refs(), dev), dev)
    controls = run_controls(Study(cases, session.draw_folds("frozen"), 0.1, 0))
    assert [one.name for one in controls.items] == ["copy", "noise", "permuted"]
    assert not controls.voids
    assert abs(controls.noise_floor) < 0.03


class LeakyTask(Task):
    """A task whose permuted labels are the true ones: what a broken protocol would do."""

    def permuted(self, seed: int) -> Task:
        return self


def test_a_protocol_that_finds_signal_in_permuted_labels_voids_the_claim(toy_session: Open) -> None:
    session = toy_session()
    dev = session.split.dev
    cases = session_cases(session, session.matrix(session.refs(), dev), dev)
    leaky = type(cases)(cases.rows, LeakyTask(cases.task.target, cases.task.patients), cases.classes)
    controls = run_controls(Study(leaky, session.draw_folds("frozen"), 0.1, 0))
    assert [one.name for one in controls.voids] == ["permuted"]


def test_probabilities_that_are_right_have_slope_one_and_skill_and_overconfident_ones_less() -> None:
    honest = scored(4000)
    odds = np.log(honest.chances / (1 - honest.chances)) * 3
    loud = Scored(
        honest.task, honest.classes, np.column_stack([1 / (1 + np.exp(-odds)), 1 / (1 + np.exp(odds))])
    )
    half = np.array([0.5, 0.5])
    assert calibrate(honest).slope == pytest.approx(1, abs=0.15)
    assert calibrate(loud).slope == pytest.approx(calibrate(honest).slope / 3, abs=0.01)  # type: ignore[operator]
    assert brier(honest) < brier(loud)
    assert brier_skill(honest, half) > brier_skill(loud, half)
    assert sum(one.patients for one in calibrate(honest).bins) == 4000
    assert calibrate(scored(20)).bins == ()


def test_the_roc_curve_encloses_the_auc_and_the_decision_curve_starts_at_treating_all() -> None:
    one = scored()
    x, y = np.array(roc_points(one)).T
    assert np.trapezoid(y, x) == pytest.approx(one.auc, abs=1e-4)
    first = net_benefit(one, one)[0]
    assert first.model == first.baseline
    assert first.treat_all == pytest.approx(0.5 - 0.5 * 0.05 / 0.95, abs=1e-6)


def test_three_classes_get_resampled_intervals_and_the_same_tables() -> None:
    rng = np.random.default_rng(0)
    target = np.arange(90) % 3
    raw = rng.random((90, 3)) + 0.5 * np.eye(3)[target]
    task = Task(target, tuple(f"p{number:02d}" for number in range(90)), 3)
    good = Scored(task, ("a", "b", "c"), raw / raw.sum(axis=1, keepdims=True))
    noise = Scored(task, ("a", "b", "c"), rng.dirichlet(np.ones(3), 90))
    found = estimate_auc(good, 0)
    assert 0.5 < found.low < found.value < found.high <= 1
    assert found == estimate_auc(good, 0)
    gain = compare(good, noise, 0)
    assert gain.auc.low > 0
    assert gain.p is None
    assert permutation_p(good, 0) < 0.01 < permutation_p(noise, 0)
    assert call(good, 0.5).balanced_accuracy > 0.5
    assert brier_skill(good, np.ones(3) / 3) > brier_skill(noise, np.ones(3) / 3)


def test_calls_count_every_patient_once_and_recall_is_by_class() -> None:
    cut = call(scored(), 0.5)
    assert sum(sum(row.values()) for row in cut.confusion.values()) == 120
    assert cut.balanced_accuracy == pytest.approx(np.mean(list(cut.recall.values())), abs=1e-6)
    assert cut.majority == 0.5


def test_the_permutation_p_is_small_with_signal_and_never_zero() -> None:
    assert permutation_p(scored(60), 0) == 1 / 2000
    assert permutation_p(scored(60, shift=0.0), 0) > 0.05


@pytest.mark.parametrize("at_once", [1, 700, 10**9])
def test_permuting_in_parts_permutes_as_all_at_once_does(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scored(60, shift=0.4)
    ranks, n_pos = rankdata(one.chances), int(one.positive.sum())
    whole = np.random.default_rng(3).permuted(np.tile(ranks, (1999, 1)), axis=1)[:, :n_pos].sum(axis=1)
    aucs = (whole - n_pos * (n_pos + 1) / 2) / (n_pos * (60 - n_pos))
    monkeypatch.setattr(assessment, "AT_ONCE", at_once)
    assert permutation_p(one, 3) == round((1 + int((aucs >= one.auc - 1e-12).sum())) / 2000, 6)


def test_the_baseline_describes_colour_and_texture_inside_the_mask_alone() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (40, 50, 3), dtype=np.uint8)
    mask = np.zeros((40, 50), bool)
    mask[10:30, 15:40] = True
    other = image.copy()
    other[~mask] = 0
    rows = colour_texture_rows([ImageAndMask(image, mask), ImageAndMask(other, mask)])
    assert rows.shape == (2, 33)
    assert rows[0, :18] == pytest.approx(rows[1, :18])
    tiny = colour_texture_rows([ImageAndMask(image, mask), ImageAndMask(image, np.zeros_like(mask))])
    assert np.isnan(tiny[1]).all()
    assert colour_texture_rows([ImageAndMask(image[:, :, :1], mask)]).shape == (1, 17)
