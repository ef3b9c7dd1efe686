"""A person is asked at the gates, waited for, and what was decided holds."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from loop_runs import APPROVE, KilledError, decide, events, go, go_on
from loop_stand_ins import FaultyDrafter, fingerprint

from scafe.agent.brief.brief import Brief
from scafe.agent.drafters.drafter import Reply
from scafe.agent.nodes.gates import Decision
from scafe.knowledge.contract.errors import (
    WaitingError,
)


def test_a_person_who_has_not_answered_yet_is_waited_for(whole: Path, tmp_path: Path) -> None:
    class Slow(FaultyDrafter):
        """A person who answers each brief only when it is asked the second time."""

        def draft(self, brief: Brief) -> Reply:
            key = brief.model_dump_json()
            with self.lock:
                known = key in seen
                seen.add(key)
            if not known:
                raise WaitingError("reply file 7 is not there")
            return super().draft(brief)

    seen: set[str] = set()
    outcome = go(tmp_path, drafter=Slow())
    assert (outcome.status, outcome.exit_code) == ("waiting", 3)
    for _ in range(40):
        outcome = go_on(tmp_path, drafter=Slow())
        if outcome.status != "waiting":
            break
    assert outcome.status == "frozen"
    assert fingerprint(tmp_path) == fingerprint(whole)


def test_blind_drafts_are_all_written_before_a_person_is_waited_for(tmp_path: Path) -> None:
    class Away(FaultyDrafter):
        def draft(self, brief: Brief) -> Reply:
            if brief.operator == "plan":
                return super().draft(brief)
            with self.lock:
                self.asked.append(brief.model_dump_json())
            raise WaitingError("no reply yet")

    drafter = Away()
    go(tmp_path, drafter=drafter)
    wanted = len(events(tmp_path, "round_planned")[0]["operators"])
    assert wanted > 1
    assert len(set(drafter.asked)) == wanted + 1


def test_a_run_that_asks_waits_at_every_gate_and_records_who_decided(whole: Path, tmp_path: Path) -> None:
    outcome = go(tmp_path, approve="ask")
    gates = []
    while outcome.status == "waiting":
        assert outcome.asks is not None
        assert outcome.exit_code == 3
        gates.append(outcome.asks["gate"])
        outcome = go_on(tmp_path, decision=APPROVE)
    assert gates == ["plan", "freeze", "seal"]
    assert outcome.status == "frozen"
    assert [(line["gate"], line["name"], line["meaning"]) for line in events(tmp_path, "approval")] == [
        (gate, "A. Reader", "reviewed") for gate in gates
    ]
    assert fingerprint(tmp_path)["frozen"] == fingerprint(whole)["frozen"]


def test_a_person_is_asked_in_one_sitting_if_there_is_one(tmp_path: Path) -> None:
    shown: list[str] = []

    def ask(asks: dict[str, Any]) -> Decision:
        shown.append(asks["gate"])
        return APPROVE

    assert go(tmp_path, approve="ask", ask=ask).status == "frozen"
    assert shown == ["plan", "freeze", "seal"]


def test_nobody_is_asked_twice_if_the_kill_came_after_the_decision(tmp_path: Path) -> None:
    def listener(line: dict[str, Any]) -> None:
        if line["kind"] == "approval":
            raise KilledError

    with pytest.raises(KilledError):
        go(tmp_path, approve="ask", ask=lambda asks: APPROVE, listener=listener)
    for path in next((tmp_path / "runs").glob("*")).glob("checkpoints.sqlite*"):
        path.unlink()
    outcome = go_on(tmp_path)
    assert outcome.asks is not None
    assert outcome.asks["gate"] == "freeze"
    assert len(events(tmp_path, "approval")) == 1


@pytest.mark.parametrize("by", ["column", "name"])
def test_features_struck_out_at_the_freeze_are_not_frozen(by: str, tmp_path: Path) -> None:
    """A column strikes one revision out; the bare name strikes out all that share it."""
    shown: list[dict[str, str]] = []

    def ask(asks: dict[str, Any]) -> Decision:
        if asks["gate"] != "freeze":
            return APPROVE
        shown.extend(asks["features"])
        shared = next(one["feature"] for one in shown if "@r0" in one["feature"])
        drop = shared if by == "column" else shared.partition("@")[0]
        return Decision(decision="modify", name="A. Reader", drop=(drop,))

    go(tmp_path, approve="ask", ask=ask, max_calls=40)
    columns = [one["feature"] for one in shown]
    assert len(set(columns)) == len(columns)
    struck = next(name for name in columns if "@r0" in name)
    left = [
        one["revision"]
        for one in shown
        if one["feature"] != struck
        and (by == "column" or one["feature"].partition("@")[0] != struck.partition("@")[0])
    ]
    frozen = json.loads((next((tmp_path / "runs").glob("*")) / "frozen/manifest.json").read_text())[0]
    assert [one["revision"] for one in frozen] == left
    assert len(left) < len(shown)


def test_criteria_struck_out_of_the_plan_are_never_asked_for(tmp_path: Path) -> None:
    strike = Decision(decision="modify", name="A. Reader", drop=("height",))
    go(tmp_path, approve="ask", ask=decide(plan=strike))
    assert "height" not in Counter(line["criterion"] for line in events(tmp_path, "replied"))


@pytest.mark.parametrize("gate", ["plan", "freeze"])
def test_a_rejected_gate_ends_the_run_without_a_set(gate: str, tmp_path: Path) -> None:
    reject = Decision(decision="reject", name="A. Reader", meaning="not a fair reading")
    outcome = go(tmp_path, approve="ask", ask=decide(**{gate: reject}))
    assert (outcome.status, outcome.exit_code) == ("no_acceptable_set", 1)
    assert "A. Reader rejected" in outcome.why
    assert not events(tmp_path, "set_frozen")
