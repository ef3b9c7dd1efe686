"""No cap on calls, extractors or label queries is passed."""

from pathlib import Path

import pytest
from loop_runs import Failing, events, go
from loop_stand_ins import FaultyDrafter, StandInBench

from scafe.agent.record.seal import verify_run
from scafe.knowledge.contract.errors import (
    BudgetError,
    SettingsError,
)


@pytest.mark.parametrize("max_calls", [3, 4, 7, 13, 40])
def test_no_more_calls_are_made_than_allowed(max_calls: int, tmp_path: Path) -> None:
    drafter = FaultyDrafter()
    go(tmp_path, max_calls=max_calls, drafter=drafter)
    assert len(drafter.asked) <= max_calls
    assert len(drafter.asked) == len(events(tmp_path, "replied"))


@pytest.mark.parametrize("cap", [1, 5, 9])
def test_no_more_extractors_are_run_than_allowed_and_every_one_drafted_is_run(
    cap: int, tmp_path: Path
) -> None:
    outcome = go(tmp_path, max_calls=40, max_evaluations=cap)
    written = {line["sha256"] for line in events(tmp_path, "revised")}
    assert {line["sha256"] for line in events(tmp_path, "judged")} == written
    assert len(written) <= cap
    assert outcome.exit_code in (0, 1)
    assert events(tmp_path, "round_assessed")[-1]["why"] == "the evaluations are spent"


def test_too_few_calls_for_a_run_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least 3"):
        go(tmp_path, max_calls=2)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("queries", [1, 2, 6])
def test_no_more_label_touching_queries_are_spent_than_allowed(queries: int, tmp_path: Path) -> None:
    bench = StandInBench(tmp_path / "bench", queries=queries)
    go(tmp_path, bench=bench)
    assert len(bench.scored) <= queries


def test_a_cap_ends_the_search_and_what_is_pooled_is_frozen(tmp_path: Path) -> None:
    outcome = go(tmp_path, drafter=Failing(BudgetError("the next call would pass max_cost"), after=12))
    assert outcome.status == "frozen"
    assert [line["why"] for line in events(tmp_path, "cap_reached")] == ["the next call would pass max_cost"]


def test_a_cap_before_the_first_draft_ends_without_a_set(tmp_path: Path) -> None:
    outcome = go(tmp_path, drafter=Failing(BudgetError("the next call would pass max_cost"), after=0))
    assert (outcome.status, outcome.exit_code) == ("no_acceptable_set", 1)
    assert verify_run(outcome.run).ok
