"""Rounds go on while the gate accepts something, and then leave no call unspent."""

from collections.abc import Callable
from pathlib import Path

import pytest
from loop_runs import events, go
from loop_stand_ins import FaultyDrafter, StandInBench

from scafe.agent.brief.brief import Brief
from scafe.agent.drafters.drafter import Replaying
from scafe.agent.record.events import Format
from scafe.agent.settings.call_plan import plan_calls
from scafe.evals.disclosure.bench import FeatureRef
from scafe.evals.disclosure.score_card import ScoreCard

CALLS = 60
Gate = Callable[[int], str]
"""How many were scored before -> what the gate says."""


class Deciding(StandInBench):
    """Pools whatever is steady, as the real bench does; the gate's answer is the test's."""

    def __init__(self, folder: Path, gate: Gate) -> None:
        super().__init__(folder, queries=200)
        self.gate = gate

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        gate = self.gate(len(self.scored))
        card = super().score(source, names, pool)
        features = tuple(one.model_copy(update={"pooled": True}) for one in card.features)
        return card.model_copy(update={"gate": gate, "features": features})


class Willing(FaultyDrafter):
    """Answers every request with an extractor, always another one."""

    def text(self, brief: Brief) -> str:
        told = super().text(brief)
        return told if "```" in told else super().text(brief.model_copy(update={"seed": brief.seed + 1}))


class Before(Willing):
    """Is of a run that keeps to the format of before."""

    format: Format = 4


def run(
    root: Path, gate: Gate, drafter: FaultyDrafter | None = None, **more: object
) -> list[dict[str, object]]:
    go(root, drafter=drafter or Willing(), bench=Deciding(root / "bench", gate), max_calls=CALLS, **more)
    return events(root, "round_assessed")


def test_rounds_end_where_the_gate_accepts_nothing_though_the_pool_grows(tmp_path: Path) -> None:
    """Named fault: each steady feature counted as a gain, so no run on images ended before its calls."""
    *_, last = run(tmp_path, lambda _: "rejected")
    assert last["round"] == 1
    assert "the last round brought nothing that the gate accepted" in str(last["why"])
    assert int(str(last["calls"])) < CALLS / 2


def test_who_has_more_patience_gets_more_rounds(tmp_path: Path) -> None:
    *_, last = run(tmp_path, lambda _: "rejected", patience=3)
    assert (last["round"], last["why"]) == (3, "the last 3 rounds brought nothing that the gate accepted")


def test_who_has_no_patience_gets_no_adaptive_round(tmp_path: Path) -> None:
    (only,) = run(tmp_path, lambda _: "accepted", patience=0)
    assert (only["round"], only["why"]) == (0, "no adaptive round was asked for (patience 0)")
    operators = {operator for line in events(tmp_path, "round_planned") for operator in line["operators"]}  # type: ignore[attr-defined]
    assert operators <= {"draft", "repair"}


def test_rounds_that_are_accepted_spend_every_call(tmp_path: Path) -> None:
    """Named fault: the calls held back for repairs were never spent, not even where each round gained."""
    *_, last = run(tmp_path, lambda _: "accepted")
    assert (last["calls"], last["why"]) == (CALLS, "the calls are spent")


def test_one_accepted_round_buys_more(tmp_path: Path) -> None:
    none = run(tmp_path / "none", lambda _: "rejected")
    wide = [line["kind"] for line in events(tmp_path / "none", "scored", "round_assessed")].index(
        "round_assessed"
    )
    late = run(tmp_path / "late", lambda scored: "accepted" if scored == wide else "rejected")
    assert [line["accepted"] for line in late[:2]] == [0, 1]
    assert len(late) == len(none) + 1


def test_a_run_of_before_goes_on_as_it_began(tmp_path: Path) -> None:
    assert isinstance(Before(), Replaying)
    *_, last = run(tmp_path, lambda _: "rejected", Before())
    reserve = plan_calls(CALLS, 3, 200, "gated").reserve
    assert last["why"] == f"the search has used its calls ({reserve} are held back)"


@pytest.mark.parametrize("search", ["best_of_n", "one_shot"])
def test_the_baselines_ask_nothing_after_their_drafts(search: str, tmp_path: Path) -> None:
    bench = Deciding(tmp_path / "bench", lambda _: "accepted")
    go(tmp_path, drafter=Willing(), bench=bench, max_calls=CALLS, search=search)
    assert {line["round"] for line in events(tmp_path, "round_planned")} == {0}
