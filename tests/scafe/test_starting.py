"""Runs begun, stopped, decided and resumed from Python, each in a process of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import scafe
from scafe.knowledge.contract.errors import InputError, PackError, SettingsError

SMALL: dict[str, Any] = {"seed": 0, "patients_per_class": 6, "max_calls": 5}
"""About fifteen seconds on an idle core: three extractors, six features."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[scafe.Run, list[str]]:
    kinds: list[str] = []
    run = scafe.demo(
        **SMALL, out=tmp_path_factory.mktemp("demo"), on_event=lambda one: kinds.append(one["kind"])
    )
    return run, kinds


@pytest.mark.slow
def test_a_demo_ends_with_a_bundle_a_report_and_scores(finished: tuple[scafe.Run, list[str]]) -> None:
    run, kinds = finished
    assert run.status == "frozen"
    assert (kinds[0], kinds[-1]) == ("run_started", "run_finished")
    assert kinds == [one["kind"] for one in run.events()]
    assert run.bundle is not None
    assert run.report is not None
    assert run.scores is not None
    assert not run.scores.sealed


@pytest.mark.slow
def test_a_finished_run_is_resumed_to_itself(finished: tuple[scafe.Run, list[str]]) -> None:
    run, _ = finished
    before = (run.path / "events.jsonl").read_bytes()
    assert scafe.resume(run).status == "frozen"
    assert (run.path / "events.jsonl").read_bytes() == before
    with pytest.raises(InputError, match="does not wait at a gate"):
        scafe.resume(run, name="A. Reader")


class StopError(Exception):
    """What a caller's own code may raise while a run goes on."""


@pytest.mark.slow
@pytest.mark.parametrize("ending", [KeyboardInterrupt, StopError])
def test_a_run_that_was_stopped_goes_on_to_the_same_set(
    finished: tuple[scafe.Run, list[str]], tmp_path: Path, ending: type[BaseException]
) -> None:
    with pytest.raises(ending):
        scafe.demo(**SMALL, out=tmp_path, on_event=_raises(ending, at="planned"))
    stopped = scafe.load_run("last", out=tmp_path)
    assert stopped.status == "interrupted"
    assert [one for one in stopped.events() if one["kind"] == "revised"] == []
    again = scafe.resume(stopped)
    assert again.bundle is not None
    assert finished[0].bundle is not None
    assert again.bundle.sha256 == finished[0].bundle.sha256


def _raises(ending: type[BaseException], at: str) -> Callable[[dict[str, Any]], None]:
    def hear(event: dict[str, Any]) -> None:
        if event["kind"] == at:
            raise ending

    return hear


@pytest.mark.slow
def test_a_person_decides_from_python(photos: Path, tmp_path: Path) -> None:
    run = scafe.run("scar.vss", photos, labels=("a", "b"), max_calls=3, approve="ask", out=tmp_path / "runs")
    assert (run.status, run.waits_at) == ("waiting", "plan")
    assert "go on" not in run.why
    with pytest.raises(InputError, match="needs a name"):
        scafe.resume(run, reject=True)
    ended = scafe.resume(run, name="A. Reader", reject=True)
    assert ended.status == "no_acceptable_set"
    assert ended.why == "A. Reader rejected the plan"
    assert ended.bundle is None


@pytest.mark.parametrize(
    ("given", "fault", "words"),
    [
        ({"pack": "scar.vvs"}, PackError, "did you mean scar.vss"),
        ({"data": "no/such/photos"}, scafe.ScafeError, "there is no such file or folder"),
        ({"data": "no/such/photos", "out": "no/such/runs"}, scafe.ScafeError, "there is no such file"),
        ({"labels": "a,b"}, InputError, "expected at least two different classes"),
        ({"labels": ["a", "a"]}, InputError, "expected at least two different classes"),
        ({"seed": -1}, SettingsError, "seed is -1"),
        ({"approve": "perhaps"}, SettingsError, "approve is 'perhaps'"),
        ({"max_call": 3}, SettingsError, "did you mean max_calls"),
        ({"max_calls": 2}, SettingsError, "a run needs at least 3"),
        ({"model": "openai:"}, SettingsError, "needs the model's name"),
    ],
)
def test_what_cannot_be_used_is_told_and_leaves_nothing_behind(
    given: dict[str, Any], fault: type[Exception], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = {"pack": "scar.vss", "data": ".", "approve": "auto", "max_calls": 3, **given}
    with pytest.raises(fault, match=words):
        scafe.run(asked.pop("pack"), asked.pop("data"), **asked)
    assert list(tmp_path.iterdir()) == []


def test_a_cohort_that_is_too_small_is_told_before_a_process_starts() -> None:
    with pytest.raises(InputError, match="patients_per_class is 4; a cohort needs at least 5"):
        scafe.demo(patients_per_class=4)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Write six images for each of two classes."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    for label in "ab":
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(6):
            image = rng.integers(90, 160, (64, 64, 3), dtype=np.uint8)
            cv2.imwrite(str(tmp_path / "photos" / label / f"{number}.png"), image)
    return tmp_path / "photos"
