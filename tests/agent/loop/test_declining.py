"""A drafter that cannot better what it is given says so, once, and is not asked about it again."""

import contextlib
import itertools
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from loop_runs import KilledError, events, go, go_on
from loop_stand_ins import FaultyDrafter, dice, fingerprint

from scafe.agent.brief.brief import Brief
from scafe.agent.drafters.drafter import DrafterSettings
from scafe.agent.drafters.replay import ReplayDrafter
from scafe.agent.record.events import read_event
from scafe.agent.record.trace import trace_body
from scafe.agent.terminal.sayings import in_words
from scafe.agent.view.reading.happened import Happened

CALLS = 40


class Declining(FaultyDrafter):
    """Declines every second request that may be declined."""

    def text(self, brief: Brief) -> str:
        if brief.may_decline and dice("decline", brief.operator, brief.variant, *brief.parents) % 2:
            return "NO BETTER: the ring already takes the light out"
        return super().text(brief)


class Unwilling(FaultyDrafter):
    """Declines whatever it is asked, also where it may not."""

    def text(self, brief: Brief) -> str:
        return super().text(brief) if brief.operator == "plan" else "NO BETTER: I would rather not"


@pytest.fixture(scope="module")
def declining(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("declining")
    go(root, drafter=Declining(), max_calls=CALLS)
    return root


def test_a_decline_is_an_event_with_its_reason_right_behind_its_reply(declining: Path) -> None:
    told = events(declining, "declined")
    assert told
    assert {line["reason"] for line in told} == {"the ring already takes the light out"}
    lines = [line for line in events(declining) if line["kind"] in ("replied", "declined", "discarded")]
    for before, line in itertools.pairwise(lines):
        if line["kind"] == "declined":
            assert (before["kind"], before["complaint"]) == ("replied", "")
            assert before["task"] == line["task"]


def test_what_was_declined_is_not_asked_again(declining: Path) -> None:
    asked: Counter[tuple[object, ...]] = Counter()
    for line in events(declining, "round_planned"):
        asked.update(zip(line["operators"], line["criteria"], map(tuple, line["parents"]), strict=True))
    declined = {
        (line["operator"], line["criterion"], tuple(line["parents"]))
        for line in events(declining, "declined")
    }
    assert declined
    assert all(asked[one] == 1 for one in declined)


def test_a_first_draft_that_is_declined_is_asked_for_once_more_then_given_up(tmp_path: Path) -> None:
    outcome = go(tmp_path, drafter=Unwilling(), max_calls=12)
    assert outcome.status == "no_acceptable_set"
    assert not events(tmp_path, "declined")
    assert any("nothing yet to be bettered" in line["reason"] for line in events(tmp_path, "discarded"))


@pytest.mark.parametrize("nth", [1, 3])
def test_killed_at_a_decline_a_run_ends_as_if_it_had_not_been(
    declining: Path, tmp_path: Path, nth: int
) -> None:
    seen: list[dict[str, Any]] = []

    def killed(line: dict[str, Any]) -> None:
        seen.append(line)
        if sum(one["kind"] == "declined" for one in seen) == nth:
            raise KilledError

    with contextlib.suppress(KilledError):
        go(tmp_path, drafter=Declining(), max_calls=CALLS, listener=killed)
    go_on(tmp_path, drafter=Declining())
    assert fingerprint(tmp_path) == fingerprint(declining)


def test_a_run_with_declines_is_replayed_from_its_own_records(declining: Path, tmp_path: Path) -> None:
    before = next((declining / "runs").glob("*"))

    class Named(ReplayDrafter):
        def __init__(self) -> None:
            super().__init__(before, DrafterSettings())
            self.name = "stand-in"

    run = go(tmp_path, drafter=Named(), max_calls=CALLS).run
    assert decisions(run) == decisions(before)


def decisions(run: Path) -> str:
    """Return the body of a trace; what a stand-in counts in tokens is no part of a replay."""
    import re

    return re.sub(r'"usage": \{[^}]*\}', "", trace_body(run / "events.jsonl"))


def test_a_run_of_before_takes_no_decline(tmp_path: Path) -> None:
    class Before(Unwilling):
        format = 2

        def text(self, brief: Brief) -> str:
            return FaultyDrafter.text(self, brief) if brief.operator == "draft" else super().text(brief)

    go(tmp_path, drafter=Before(), max_calls=24)
    assert [line["format"] for line in events(tmp_path, "run_started")] == [2]
    assert not events(tmp_path, "declined")


def test_the_report_counts_replies_by_what_they_held(declining: Path) -> None:
    run = next((declining / "runs").glob("*"))
    found = json.loads((run / "report.html").read_text())["replies"]
    replied = [line for line in events(declining, "replied") if line["operator"] != "plan"]
    assert sum(found.values()) == len(replied)
    assert found["declined"] == len(events(declining, "declined"))
    assert found["broken"] == sum(bool(line["complaint"]) for line in replied) > 0


def test_a_decline_is_told_on_the_screen_and_on_the_pages(declining: Path) -> None:
    happened = Happened()
    for line in events(declining):
        happened.take(line["n"], line["ts"], read_event(line))
    told = [call for call in happened.calls if call.declined is not None]
    assert len(told) == len(events(declining, "declined"))
    assert not any(call.discarded for call in told)
    line = events(declining, "declined")[0]
    assert (
        in_words(line) == f"{line['criterion']}: the drafter declined to {line['operator']}, {line['reason']}"
    )
