import contextlib
import json
import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from loop_stand_ins import FaultyDrafter, StandInBench, dice, fingerprint

from scafe.agent.brief.brief import Brief
from scafe.agent.drafters.drafter import Reply
from scafe.agent.loop.run import RunConfig, resume_run, start_run
from scafe.agent.nodes.gates import Decision
from scafe.agent.record.outcome import RunOutcome
from scafe.agent.record.revisions import list_revisions, read_source
from scafe.agent.record.run_folder import load_run
from scafe.agent.record.seal import verify_run
from scafe.agent.record.trace import EVENTS, read_lines
from scafe.agent.reply.reply import read_reply
from scafe.evals.disclosure.bench import BenchFacts, FeatureRef
from scafe.evals.disclosure.score_card import ScoreCard
from scafe.knowledge.contract.errors import (
    BudgetError,
    DatasetError,
    IntegrityError,
    ModelError,
    SettingsError,
    WaitingError,
)
from scafe.knowledge.contract.extractor import parse_extractor
from scafe.sandbox.probes.verdict import Verdict


def go(root: Path, **more: Any) -> RunOutcome:
    """Run with stand-ins; `drafter`, `bench`, `ask` and `listener` aside, `more` goes into the config."""
    drafter = more.pop("drafter", None) or FaultyDrafter(root / "asked.log")
    bench = more.pop("bench", None) or StandInBench(root / "bench")
    ask, listener = more.pop("ask", None), more.pop("listener", None)
    given = {
        "pack": "scar.vss",
        "seed": 3,
        "approve": "auto",
        "max_calls": 16,
        "out": str(root / "runs"),
    } | more
    root.mkdir(parents=True, exist_ok=True)
    return start_run(
        RunConfig.model_validate({**given, "out": str(root / "runs")}),
        drafter=drafter,
        bench=bench,
        ask=ask,
        listener=listener,
    )


def go_on(root: Path, **more: Any) -> RunOutcome:
    drafter = more.pop("drafter", None) or FaultyDrafter(root / "asked.log")
    bench = more.pop("bench", None) or StandInBench(root / "bench")
    return resume_run(next((root / "runs").glob("*")), drafter=drafter, bench=bench, **more)


def events(root: Path, *kinds: str) -> list[dict[str, Any]]:
    path = next((root / "runs").glob("*")) / EVENTS
    return [line for line in read_lines(path) if not kinds or line["kind"] in kinds]


def briefs(root: Path) -> list[Brief]:
    folder = next((root / "runs").glob("*")) / "briefs"
    return [Brief.model_validate_json(path.read_bytes()) for path in sorted(folder.iterdir())]


class KilledError(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    outcome = go(root)
    assert (outcome.status, outcome.exit_code) == ("frozen", 0)
    return root


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


def test_blind_drafts_see_no_score_no_bank_and_no_other_extractor(whole: Path) -> None:
    wide = [brief for brief in briefs(whole) if brief.operator == "draft"]
    assert wide
    assert all(not (brief.parents or brief.bank or brief.feedback or brief.verdict) for brief in wide)


def test_a_revising_brief_carries_findings_score_and_what_is_left(whole: Path) -> None:
    revising = [brief for brief in briefs(whole) if brief.operator in ("refine", "counter", "recombine")]
    assert any(brief.feedback for brief in revising)
    assert all(brief.parents and brief.verdict for brief in revising)
    assert all(not feature.fingerprint for brief in revising for feature in brief.verdict.features)  # type: ignore[union-attr]


def test_a_malformed_answer_is_asked_for_once_more_then_given_up(tmp_path: Path) -> None:
    go(tmp_path, seed=5)
    tries: dict[tuple[int, int, str], list[dict[str, Any]]] = {}
    number = 0
    for line in events(tmp_path, "round_planned", "replied"):
        number += line["kind"] == "round_planned"
        if line["kind"] == "replied" and line["criterion"]:
            tries.setdefault((number, line["task"], line["criterion"]), []).append(line)
    assert max(map(len, tries.values())) == 2
    assert all(lines[0]["complaint"] for lines in tries.values() if len(lines) == 2)
    lost = sum(bool(lines[-1]["complaint"]) for lines in tries.values())
    told = [line for line in events(tmp_path, "discarded") if "could be read" in line["reason"]]
    assert lost == len(told) > 0


def test_an_extractor_is_repaired_twice_at_most(whole: Path) -> None:
    parents = {line["sha256"]: line for line in events(whole, "revised")}
    for line in parents.values():
        depth, one = 0, line
        while one["operator"] == "repair":
            depth, one = depth + 1, parents[one["parents"][0]]
        assert depth <= 2


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


def test_what_a_reply_holds_is_kept_to_the_byte_names_and_all(whole: Path) -> None:
    run = load_run(next((whole / "runs").glob("*")))
    told = {
        read_reply(run.reply(line["reply"]), line["criterion"]).source
        for line in events(whole, "replied")
        if line["operator"] != "plan"
    }
    revisions = list_revisions(run)
    assert {read_source(run, one) for one in revisions} <= told
    assert all(set(one.predicted) == {f"{one.criterion}_share"} for one in revisions)
    assert max(one.number for one in revisions) > 1
    assert not any(line["renamed"] for line in events(whole, "revised"))


def test_a_reply_that_renames_a_feature_is_honoured(tmp_path: Path) -> None:
    class Renaming(FaultyDrafter):
        def text(self, brief: Brief) -> str:
            return super().text(brief).replace("_share", f"_part{brief.variant}")

    go(tmp_path, drafter=Renaming())
    names = {name for line in events(tmp_path, "revised") for name in line["predicted"]}
    assert len({name.rpartition("_")[2] for name in names}) > 1


class NamesDoNotCount(StandInBench):
    """Throws the dice over a source as it reads without numbers behind its names."""

    def probe(self, source: str) -> Verdict:
        verdict = super().probe(unnumbered(source))
        names = parse_extractor(source).names
        features = tuple(
            one.model_copy(update={"name": name}) for one, name in zip(verdict.features, names, strict=True)
        )
        return verdict.model_copy(update={"features": features})

    def score(self, source: str, names: tuple[str, ...], pool: tuple[FeatureRef, ...]) -> ScoreCard:
        card = super().score(unnumbered(source), names, pool)
        return card.model_copy(update={"extractor": parse_extractor(source).sha256})


class OldRules(FaultyDrafter):
    """Answers as in a run of before, whatever number a name got since."""

    names = "numbered"

    def text(self, brief: Brief) -> str:
        parents = tuple(unnumbered(one) for one in brief.parents)
        return super().text(brief.model_copy(update={"parents": parents}))


def unnumbered(source: str) -> str:
    return re.sub(r"_share(_\d+)+", "_share", source)


def decisions(root: Path) -> list[object]:
    """Return what was decided of which revision, without names and hashes."""
    numbers = {one["sha256"]: (one["criterion"], one["number"]) for one in events(root, "revised")}
    told: list[object] = []
    for line in events(root):
        if line["kind"] == "judged":
            told.append((numbers[line["sha256"]], len(line["accepted"]), len(line["findings"])))
        if line["kind"] == "scored":
            told.append((line["criterion"], line["number"], line["card"]["gate"], len(line["pooled"])))
        if line["kind"] == "round_assessed":
            told.append({key: line[key] for key in ("gained", "accepted", "rejected", "next", "why")})
        if line["kind"] == "pool_pruned":
            told.append([numbers[extractor] for extractor, _ in line["kept"]])
    return told


def test_names_decide_nothing_the_older_rule_led_to_the_same_decisions(tmp_path: Path) -> None:
    for root, drafter in ((tmp_path / "old", OldRules()), (tmp_path / "new", FaultyDrafter())):
        go(root, drafter=drafter, bench=NamesDoNotCount(root / "bench"), max_calls=40)
    assert any(line["renamed"] for line in events(tmp_path / "old", "revised"))
    assert [line["format"] for line in events(tmp_path / "old", "run_started")] == [1]
    assert [line["format"] for line in events(tmp_path / "new", "run_started")] == [2]
    assert decisions(tmp_path / "old") == decisions(tmp_path / "new")


def test_a_run_of_before_goes_on_under_its_own_rule_for_names(tmp_path: Path) -> None:
    def killed(line: dict[str, Any]) -> None:
        if line["kind"] == "round_assessed":
            raise KilledError

    for root in (tmp_path / "whole", tmp_path / "killed"):
        stop = {"listener": killed} if root.name == "killed" else {}
        with contextlib.suppress(KilledError):
            go(root, drafter=OldRules(), bench=NamesDoNotCount(root / "bench"), **stop)

    class Unaware(OldRules):
        names = None

    go_on(tmp_path / "killed", drafter=Unaware(), bench=NamesDoNotCount(tmp_path / "killed" / "bench"))
    assert fingerprint(tmp_path / "killed")["body"] == fingerprint(tmp_path / "whole")["body"]


def test_an_answer_that_the_run_has_is_not_asked_for_again(tmp_path: Path) -> None:
    """Named fault: a request answered with a known source was free to be drawn again, and was."""

    class OneIdea(FaultyDrafter):
        def text(self, brief: Brief) -> str:
            told = super().text(brief)
            return re.sub(r"NUMBER = \d+", "NUMBER = 1", told)

    go(tmp_path, drafter=OneIdea(), max_calls=40)
    assert events(tmp_path, "discarded")
    asked: Counter[tuple[object, ...]] = Counter()
    for line in events(tmp_path, "round_planned"):
        for request in zip(line["operators"], line["criteria"], map(tuple, line["parents"]), strict=True):
            asked[request] += request[0] not in ("draft", "redraft")
    repeated = {line["criterion"] for line in events(tmp_path, "discarded") if "the same" in line["reason"]}
    assert repeated
    assert all(count <= 1 for (_, criterion, _), count in asked.items() if criterion in repeated)


def test_what_decided_a_round_stands_in_the_trace(whole: Path) -> None:
    adaptive = [line for line in events(whole, "round_planned") if line["round"] > 0 and line["draws"]]
    assert adaptive
    for line in adaptive:
        for operator, draws in zip(line["operators"], line["draws"], strict=True):
            assert max(draws, key=lambda one: (draws[one], one)) == operator
        assert line["rng"] == [3, line["round"]]


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


def check_kill_points(root: Path, points: list[str], hash_seed: str, drafter: str = "faulty") -> None:
    import json
    import subprocess

    told = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).parents[1] / "stand_ins" / "kill_points.py"),
            str(root / "k"),
            *points,
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "KILL_DRAFTER": drafter},
    )
    whole, *killed = [json.loads(line) for line in told.stdout.splitlines()]
    assert len(killed) >= len(points)
    for one in killed:
        assert (one.pop("killed"), one.pop("resumed")) == (signal.SIGKILL, 0)
        assert one == {**whole, "point": one["point"]}


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


class Failing(FaultyDrafter):
    """Answers a few times, then fails."""

    def __init__(self, fault: Exception, after: int) -> None:
        super().__init__()
        self.fault, self.after = fault, after

    def draft(self, brief: Brief) -> Reply:
        if len(self.asked) >= self.after:
            raise self.fault
        return super().draft(brief)


def test_an_endpoint_that_fails_pauses_the_run_which_goes_on_later(whole: Path, tmp_path: Path) -> None:
    outcome = go(tmp_path, drafter=Failing(ModelError("the endpoint answered 503"), after=4))
    assert (outcome.status, outcome.exit_code) == ("interrupted", 5)
    assert "503" in outcome.why
    assert go_on(tmp_path).status == "frozen"
    assert fingerprint(tmp_path) == fingerprint(whole)


def test_a_cap_ends_the_search_and_what_is_pooled_is_frozen(tmp_path: Path) -> None:
    outcome = go(tmp_path, drafter=Failing(BudgetError("the next call would pass max_cost"), after=12))
    assert outcome.status == "frozen"
    assert [line["why"] for line in events(tmp_path, "cap_reached")] == ["the next call would pass max_cost"]


def test_a_cap_before_the_first_draft_ends_without_a_set(tmp_path: Path) -> None:
    outcome = go(tmp_path, drafter=Failing(BudgetError("the next call would pass max_cost"), after=0))
    assert (outcome.status, outcome.exit_code) == ("no_acceptable_set", 1)
    assert verify_run(outcome.run).ok


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


APPROVE = Decision(name="A. Reader", meaning="reviewed")


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


def decide(**by_gate: Decision) -> Any:
    return lambda asks: by_gate.get(asks["gate"], APPROVE)


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
