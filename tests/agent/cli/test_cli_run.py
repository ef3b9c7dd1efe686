"""Beginning, answering, deciding and ending a run from the command line, over a bench without images."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from loop_stand_ins import StandInBench

from scafe.agent.cli.main import main
from scafe.agent.cli.options import BUDGET_OPTIONS, HOST_OPTIONS, MODEL_OPTIONS, SEARCH_OPTIONS
from scafe.agent.settings.settings import Settings
from scafe.agent.terminal.asking import ask_person, shown
from scafe.evals.disclosure.bench import BenchFacts, BenchSpec

PACK = "scar.vss"


@pytest.fixture(autouse=True)
def no_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Put the bench without images where the process that holds them would be started."""

    def bench(spec: BenchSpec) -> StandInBench:
        return StandInBench(Path(spec.folder))

    monkeypatch.setattr("scafe.agent.loop.run.Bench", bench)
    monkeypatch.chdir(tmp_path)


def scafe(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, list(words), input=typed)


def begin(*words: str) -> Result:
    return scafe("run", PACK, "--cohort", "plain", "--max-calls", "9", *words)


def document(told: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_a_run_ends_with_the_report_and_a_summary_of_five_lines() -> None:
    told = begin("--approve", "auto")
    assert told.exit_code == 0, told.output
    head, *summary, report = told.stdout.splitlines()
    assert head.endswith(": frozen")
    assert len(summary) == 5
    assert report.startswith("  report: runs/")
    assert Path(report.removeprefix("  report: ")).is_file()
    assert "first drafts done: " in told.stderr


def test_a_run_under_json_is_one_document_with_the_headline() -> None:
    told = begin("--approve", "auto", "--json", "--quiet")
    found = document(told)
    assert (told.exit_code, told.stderr) == (0, "")
    assert found["status"] == "frozen"
    assert found["opened"]["auc"] == 0.8
    assert found["frozen"]["features"] >= 1
    assert len(found["head"]) == 64


def test_every_event_can_be_had_as_a_line_of_json() -> None:
    told = begin("--approve", "auto", "--log-json")
    kinds = [json.loads(line)["kind"] for line in told.stderr.splitlines()]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_finished"


def test_a_run_that_asks_nobody_waits_with_exit_code_3() -> None:
    told = begin("--json")
    assert told.exit_code == 3
    assert document(told)["asks"]["gate"] == "plan"
    assert document(told)["status"] == "waiting"


def test_a_person_decides_at_each_gate_and_is_named_in_the_trace() -> None:
    begin()
    assert scafe("resume", "last", "--name", "A. Reader").exit_code == 3
    told = scafe("freeze", "last", "--name", "A. Reader", "--meaning", "reviewed", "--json")
    assert document(told)["asks"]["gate"] == "seal"
    assert scafe("run", "--resume", "last").exit_code == 3
    assert scafe("resume", "last", "--name", "B. Reader", "--json").exit_code == 0
    events = [json.loads(line) for line in next(Path("runs").glob("*/events.jsonl")).read_text().splitlines()]
    decided = [(one["gate"], one["name"], one["decision"]) for one in events if one["kind"] == "approval"]
    assert decided == [
        ("plan", "A. Reader", "approve"),
        ("freeze", "A. Reader", "approve"),
        ("seal", "B. Reader", "approve"),
    ]


def test_a_rejected_plan_ends_without_an_acceptable_set() -> None:
    begin()
    told = scafe("resume", "last", "--name", "A. Reader", "--reject")
    assert told.exit_code == 1
    assert "A. Reader rejected the plan" in told.stdout


def test_freezing_a_run_that_does_not_wait_for_it_is_refused() -> None:
    begin()
    told = scafe("freeze", "last", "--name", "A. Reader")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "does not wait to be frozen" in told.stderr


def test_a_decision_without_a_name_is_refused() -> None:
    begin()
    assert "--name" in scafe("resume", "last", "--reject").stderr


def test_a_decision_where_nothing_waits_is_refused() -> None:
    begin("--approve", "auto")
    told = scafe("resume", "last", "--name", "A. Reader")
    assert told.exit_code == 2
    assert "nothing to decide" in told.stderr


def test_resuming_takes_no_pack_and_no_data() -> None:
    assert scafe("run", PACK, "--resume", "last").exit_code == 2


def test_a_finished_run_is_resumed_to_the_same_end() -> None:
    first = begin("--approve", "auto", "--json")
    again = scafe("resume", "last", "--json")
    assert (again.exit_code, document(again)) == (0, document(first))


def test_the_manual_drafter_waits_for_a_reply_and_goes_on_with_it() -> None:
    told = begin("--approve", "auto", "--model", "manual")
    assert told.exit_code == 3
    prompt = Path(document(scafe("reply", "last", "--json"))["waiting"][0]["prompt"])
    assert prompt.is_file()
    Path("answer.md").write_text("```python\nPLAN = {'vascularity': ['redness']}\n```\n")
    told = scafe("reply", "last", "answer.md")
    assert told.exit_code == 0
    assert told.stdout.startswith(
        f"stored as inbox/{prompt.name.removesuffix('.prompt.md')}.reply.md\nno request"
    )
    again = scafe("resume", "last")
    assert again.exit_code == 3
    waiting = [one["prompt"] for one in document(scafe("reply", "last", "--json"))["waiting"]]
    assert waiting
    assert str(prompt) not in waiting
    number = Path(waiting[0]).name[:3]
    Path(f"{number}.md").write_text("no code")
    told = scafe("reply", "last", f"{number}.md")
    assert f"{len(waiting) - 1} still wait: " in told.stdout or len(waiting) == 1
    assert number not in told.stdout.splitlines()[1]


def test_a_reply_that_nobody_waits_for_is_refused() -> None:
    begin("--approve", "auto")
    Path("answer.md").write_text("text")
    told = scafe("reply", "last", "answer.md")
    assert (told.exit_code, told.stdout) == (2, "")


def test_the_demo_asks_nobody_and_needs_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAFE_MODEL", "openai:some-model")
    monkeypatch.setenv("SCAFE_MAX_CALLS", "9")
    told = scafe("demo", "--seed", "3", "--json")
    assert told.exit_code == 0, told.stderr
    config = json.loads(next(Path("runs").glob("*/run.json")).read_text())["config"]
    assert (config["model"], config["approve"], config["seed"]) == ("builtin", "auto", 3)


def test_a_dry_run_tells_plan_and_cost_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scafe.agent.loop.forecast.Bench", lambda spec: StandInBench(Path(spec.folder)))
    monkeypatch.setenv("SCAFE_API_KEY", "sk-canary")
    found = document(begin("--dry-run", "--model", "openai:gpt-5-mini", "--json"))
    assert sum(found["calls"].values()) == 9
    assert found["estimate"]["calls"] == 9
    assert found["estimate"]["prompt_tokens"] > 1000
    assert not Path("runs").exists()
    without = document(begin("--dry-run", "--json"))["calls"]
    assert without["adaptive"] == without["in reserve"] == 0
    assert without["draft"] >= found["calls"]["draft"]
    assert "cost: nothing" in begin("--dry-run").stdout
    assert "a person answers each of these calls" in begin("--dry-run", "--model", "manual").stdout


def test_ctrl_c_ends_at_the_next_step_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(StandInBench):
        def facts(self) -> BenchFacts:
            os.kill(os.getpid(), signal.SIGINT)
            return super().facts()

    monkeypatch.setattr("scafe.agent.loop.run.Bench", lambda spec: Interrupted(Path(spec.folder)))
    told = begin("--approve", "auto")
    assert told.exit_code == 130
    assert "scafe resume" in told.stdout
    monkeypatch.setattr("scafe.agent.loop.run.Bench", lambda spec: StandInBench(Path(spec.folder)))
    assert scafe("resume", "last").exit_code == 0


def test_what_is_typed_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAFE_SEED", "5")
    monkeypatch.setenv("SCAFE_WORKERS", "1")
    begin("--seed", "6")
    config = json.loads(next(Path("runs").glob("*/run.json")).read_text())["config"]
    assert (config["seed"], config["workers"]) == (6, 1)


def test_the_key_is_in_no_file_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAFE_API_KEY", "sk-canary-0123456789")
    begin("--approve", "auto")
    files = [path for path in Path("runs").rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if b"sk-canary" in path.read_bytes()] == []


@pytest.mark.parametrize("option", [*MODEL_OPTIONS, *SEARCH_OPTIONS, *BUDGET_OPTIONS, *HOST_OPTIONS])
def test_every_option_of_a_run_is_a_setting_with_the_default_it_shows(option: Any) -> None:
    from scafe.agent.cli.run import run

    parameters = option(lambda: None).__click_params__
    name = parameters[0].name
    assert name in Settings.model_fields
    shown_default = (parameters[0].help or "").partition("[default: ")[2].rstrip("]")
    if shown_default:
        assert str(Settings.model_fields[name].default) == shown_default
    assert name in {parameter.name for parameter in run.params}


def test_a_person_at_a_terminal_is_shown_what_is_decided(capsys: pytest.CaptureFixture[str]) -> None:
    asks = {
        "gate": "freeze",
        "features": [{"feature": "rim", "criterion": "border", "revision": "border/r001"}],
    }
    assert shown(asks) == ["  rim  (border, border/r001)"]
    asks["features"] += [{"feature": "halo", "criterion": "border", "revision": "border/r002"}]
    with CliRunner().isolation(input="m\nrim, hallo\nrim, halo\nA. Reader\n\n") as streams:
        decision = ask_person(asks)
        told = streams[1].getvalue().decode()
    assert "has no 'hallo' to strike out; did you mean halo?" in told  # and asked again
    assert decision is not None
    assert (decision.decision, decision.drop, decision.name) == ("modify", ("rim", "halo"), "A. Reader")
    with CliRunner().isolation(input="w\n"):
        assert ask_person(asks) is None
