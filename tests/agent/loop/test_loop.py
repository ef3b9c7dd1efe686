"""A whole run with stand-ins: what it ends with, what its trace says, and how it fails."""

from pathlib import Path

import pytest
from loop_runs import decide, events, go, go_on
from loop_stand_ins import FaultyDrafter, StandInBench, dice, fingerprint

from scafe.agent.brief.brief import Brief
from scafe.agent.nodes.gates import Decision
from scafe.evals.disclosure.bench import BenchFacts, FeatureRef
from scafe.evals.disclosure.score_card import ScoreCard
from scafe.knowledge.contract.errors import (
    DatasetError,
)
from scafe.sandbox.probes.verdict import Verdict


def test_a_run_ends_frozen_sealed_and_told_in_five_lines(whole: Path) -> None:
    assert fingerprint(whole)["faults"] == []
    outcome = go_on(whole)
    assert len(outcome.summary) == 5
    assert outcome.report is not None
    assert outcome.report.exists()
    assert "0.800 (95 % CI 0.700 to 0.900)" in outcome.summary[1]


def test_taking_up_a_finished_run_changes_nothing(whole: Path) -> None:
    before = {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    go_on(whole)
    assert {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()} == before


def test_two_runs_with_one_seed_are_the_same_and_another_seed_is_another_run(
    whole: Path, tmp_path: Path
) -> None:
    go(tmp_path / "again")
    go(tmp_path / "other", seed=4)
    assert fingerprint(tmp_path / "again") == fingerprint(whole)
    assert fingerprint(tmp_path / "other")["body"] != fingerprint(whole)["body"]


def test_a_prediction_stands_in_the_trace_before_its_score(whole: Path) -> None:
    predicted: dict[str, dict[str, str]] = {}
    for line in events(whole, "revised", "scored"):
        if line["kind"] == "revised":
            predicted[line["sha256"]] = line["predicted"]
        else:
            names = {one["name"] for one in line["card"]["features"]}
            assert names <= set(predicted[line["card"]["extractor"]])


def test_in_blind_mode_everything_stable_is_pooled_and_no_query_is_spent(tmp_path: Path) -> None:
    go(tmp_path, bench=StandInBench(tmp_path / "bench", mode="blind"))
    assert {line["card"]["gate"] for line in events(tmp_path, "scored")} == {"blind"}
    assert {line["queries_left"] for line in events(tmp_path, "round_assessed")} == {0}


def test_features_that_say_the_same_on_phantoms_are_turned_away_before_scoring(tmp_path: Path) -> None:
    class AllTheSame(StandInBench):
        def probe(self, source: str) -> Verdict:
            verdict = super().probe(source)
            same = tuple(
                one.model_copy(update={"fingerprint": (1.0, 2.0, 4.0, 3.0), "accepted": True})
                for one in verdict.features
            )
            return verdict.model_copy(update={"features": same, "findings": ()})

    bench = AllTheSame(tmp_path / "bench", mode="blind")
    go(tmp_path, bench=bench)
    assert len(bench.scored) == 1
    assert all("repeats" in line["reason"] for line in events(tmp_path, "turned_away"))


def test_what_decided_a_round_stands_in_the_trace(whole: Path) -> None:
    adaptive = [line for line in events(whole, "round_planned") if line["round"] > 0 and line["draws"]]
    assert adaptive
    for line in adaptive:
        for operator, draws in zip(line["operators"], line["draws"], strict=True):
            assert max(draws, key=lambda one: (draws[one], one)) == operator
        assert line["rng"] == [3, line["round"]]


def test_a_seal_left_closed_is_reported_as_closed(tmp_path: Path) -> None:
    reject = Decision(decision="reject", name="A. Reader", meaning="not yet")
    outcome = go(tmp_path, approve="ask", ask=decide(seal=reject))
    assert outcome.status == "frozen"
    assert "left sealed" in outcome.summary[1]
    assert not events(tmp_path, "seal_opened")


def test_without_gates_nobody_approves_anything(tmp_path: Path) -> None:
    assert go(tmp_path, approve="never").status == "frozen"
    assert not events(tmp_path, "approval")


def test_nothing_left_after_pruning_is_not_a_set(tmp_path: Path) -> None:
    outcome = go(tmp_path, bench=StandInBench(tmp_path / "bench", kept=0))
    assert (outcome.status, outcome.exit_code) == ("no_acceptable_set", 1)
    assert "fresh folds" in outcome.why


def test_data_that_cannot_be_opened_leaves_no_run_behind(tmp_path: Path) -> None:
    class Unreadable(StandInBench):
        def facts(self) -> BenchFacts:
            raise DatasetError("row 7: no such image")

    with pytest.raises(DatasetError, match="row 7"):
        go(tmp_path, bench=Unreadable(tmp_path / "bench"))
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_fault_in_the_middle_keeps_the_run_and_says_why(tmp_path: Path) -> None:
    class Breaking(StandInBench):
        def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
            raise DatasetError("image 3 vanished")

    with pytest.raises(DatasetError):
        go(tmp_path, bench=Breaking(tmp_path / "bench"))
    assert events(tmp_path)[-1]["why"] == "image 3 vanished"
    assert go_on(tmp_path).status == "frozen"


def test_the_same_source_twice_is_discarded_not_scored_again(tmp_path: Path) -> None:
    class Stubborn(FaultyDrafter):
        def text(self, brief: Brief) -> str:
            if brief.criterion is None:
                return super().text(brief)
            seed = 7 if dice("probe", 7) else 0
            same = brief.model_copy(update={"operator": "draft", "variant": 0, "parents": (), "seed": seed})
            return super().text(same)

    go(tmp_path, drafter=Stubborn())
    assert any("the same source" in line["reason"] for line in events(tmp_path, "discarded"))
    hashes = [line["sha256"] for line in events(tmp_path, "revised")]
    assert len(hashes) == len(set(hashes))


@pytest.mark.parametrize(("search", "drafts"), [("best_of_n", 15), ("one_shot", 3)])
def test_a_baseline_asks_for_blind_drafts_and_stops(search: str, drafts: int, tmp_path: Path) -> None:
    go(tmp_path, search=search)
    planned = events(tmp_path, "round_planned")
    assert [line["operators"] for line in planned] == [["draft"] * drafts]
    assert len(events(tmp_path, "replied")) <= 16


class Unmeasured(StandInBench):
    """A bench on whose images nothing can be measured."""

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        card = super().score(source, names, pool)
        gone = [one.model_copy(update={"missing": ">20%", "pooled": False}) for one in card.features]
        return card.model_copy(update={"gate": "rejected", "set_auc_band": None, "features": tuple(gone)})


def test_a_run_in_which_nothing_could_be_measured_says_that_masks_may_lack(tmp_path: Path) -> None:
    """Named fault: five runs on radiographs without masks ended with 'no feature passed the gate'."""
    outcome = go(tmp_path, bench=Unmeasured(tmp_path / "bench"))
    assert outcome.status == "no_acceptable_set"
    assert "may need masks" in outcome.why
