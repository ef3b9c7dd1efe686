"""Killed, interrupted or paused at any point, a run ends as if it had not been."""

import os
import re
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from loop_runs import Failing, KilledError, check_kill_points, events, go, go_on
from loop_stand_ins import FaultyDrafter, fingerprint

from scafe.agent.brief.brief import Brief
from scafe.knowledge.contract.errors import (
    IntegrityError,
    ModelError,
)


def test_an_answer_that_the_run_has_is_not_asked_for_again(tmp_path: Path) -> None:
    """Named fault: a request answered with a known source was free to be drawn again, and was."""

    class OneIdea(FaultyDrafter):
        def text(self, brief: Brief) -> str:
            told = super().text(brief)
            return re.sub(r"NUMBER = \d+", "NUMBER = 1", told)

    go(tmp_path, drafter=OneIdea(), max_calls=40, seed=5)
    assert events(tmp_path, "discarded")
    asked: Counter[tuple[object, ...]] = Counter()
    for line in events(tmp_path, "round_planned"):
        for request in zip(line["operators"], line["criteria"], map(tuple, line["parents"]), strict=True):
            asked[request] += request[0] not in ("draft", "redraft")
    repeated = {line["criterion"] for line in events(tmp_path, "discarded") if "the same" in line["reason"]}
    assert repeated
    assert all(count <= 1 for (_, criterion, _), count in asked.items() if criterion in repeated)


def test_without_checkpoints_the_trace_alone_leads_back(whole: Path, tmp_path: Path) -> None:
    def listener(line: dict[str, Any]) -> None:
        if line["kind"] == "round_assessed":
            raise KilledError

    with pytest.raises(KilledError):
        go(tmp_path, listener=listener)
    run = next((tmp_path / "runs").glob("*"))
    for path in run.glob("checkpoints.sqlite*"):
        path.unlink()
    assert go_on(tmp_path).status == "frozen"
    assert fingerprint(tmp_path) == fingerprint(whole)


def test_a_revision_edited_between_kill_and_resume_is_an_integrity_fault(tmp_path: Path) -> None:
    def listener(line: dict[str, Any]) -> None:
        if line["kind"] == "judged":
            raise KilledError

    with pytest.raises(KilledError):
        go(tmp_path, listener=listener)
    for path in (tmp_path / "runs").glob("*/revisions/*/*.py"):
        path.write_text(path.read_text() + "# edited\n")
    with pytest.raises(IntegrityError, match="edited"):
        go_on(tmp_path)


def test_killed_at_any_event_a_run_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    check_kill_points(tmp_path, ["3", "24-40", "47"], "1")


@pytest.mark.slow
def test_killed_all_along_its_way_a_run_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    check_kill_points(tmp_path, ["every14"], "7")


def test_killed_among_broken_replies_a_run_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    check_kill_points(tmp_path, ["9", "17-30", "31"], "3", drafter="broken")


def test_the_first_ctrl_c_ends_at_a_step_and_the_run_goes_on_to_the_same_end(
    whole: Path, tmp_path: Path
) -> None:
    def listener(line: dict[str, Any]) -> None:
        if line["kind"] == "planned":
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    outcome = go(tmp_path, listener=listener)
    assert (outcome.status, outcome.exit_code) == ("interrupted", 130)
    assert f"scafe resume {outcome.run.name}" in outcome.why
    assert signal.getsignal(signal.SIGINT) is before
    assert events(tmp_path)[-1]["kind"] == "paused"
    assert go_on(tmp_path).status == "frozen"
    assert fingerprint(tmp_path) == fingerprint(whole)


def test_an_endpoint_that_fails_pauses_the_run_which_goes_on_later(whole: Path, tmp_path: Path) -> None:
    outcome = go(tmp_path, drafter=Failing(ModelError("the endpoint answered 503"), after=4))
    assert (outcome.status, outcome.exit_code) == ("interrupted", 5)
    assert "503" in outcome.why
    assert go_on(tmp_path).status == "frozen"
    assert fingerprint(tmp_path) == fingerprint(whole)
