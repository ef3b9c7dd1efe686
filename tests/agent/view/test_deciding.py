"""A person decides and answers in the viewer: the same events as from the command line."""

import io
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loop_stand_ins import StandInBench
from starlette.testclient import TestClient
from viewer_stand_ins import HOST, Open

from scafe.agent.cli.main import main
from scafe.agent.record.run_folder import load_run
from scafe.agent.record.trace import EVENTS, read_lines, trace_body
from scafe.agent.settings.run_config import RunConfig
from scafe.agent.terminal import run_process
from scafe.agent.terminal.run_apart import start_apart
from scafe.agent.view.guard import Access
from scafe.agent.view.resuming import Resumed, Resumes
from scafe.evals.disclosure.bench import BenchSpec
from scafe.knowledge.contract.errors import InputError

ORIGIN = {"origin": f"http://{HOST}"}


def post(viewer: TestClient, access: Access, address: str, **fields: Any) -> Any:
    data = {"csrf": access.csrf, **fields}
    return viewer.post(address, data=data, headers=ORIGIN, follow_redirects=False)


def small(out: Path, **more: Any) -> Path:
    """Begin a run on six patients a class that asks a person."""
    cohort = {"n_per_class": 6, "flavour": "plain", "size": 64}
    given = {"pack": "scar.vss", "cohort": cohort, "max_calls": 3, "approve": "ask", "out": str(out), **more}
    return start_apart(RunConfig.model_validate(given), say=lambda words: None)


class TestOverABenchWithoutImages:
    """Runs begun in this process; what is asked of the viewer here starts no other."""

    @pytest.fixture(autouse=True)
    def waiting(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        def bench(spec: BenchSpec) -> StandInBench:
            return StandInBench(Path(spec.folder))

        monkeypatch.setattr("scafe.agent.loop.run.Bench", bench)
        monkeypatch.chdir(tmp_path)

    def begin(self, *words: str) -> Path:
        told = CliRunner().invoke(main, ["run", "scar.vss", "--cohort", "plain", "--max-calls", "9", *words])
        assert told.exit_code == 3, told.output
        return next(Path("runs").resolve().iterdir())

    def test_the_plan_that_waits_is_shown_with_its_ideas(self, open_viewer: Open) -> None:
        run = self.begin()
        text = open_viewer(run.parent).get(f"/run/{run.name}/approvals").text
        assert "Are these measurements a fair reading of the criteria?" in text
        assert 'name="drop" value="vascularity"' in text

    def test_passing_on_is_recorded_and_the_run_goes_on_waiting(
        self, open_viewer: Open, access: Access
    ) -> None:
        run = self.begin()
        viewer, address = open_viewer(run.parent), f"/run/{run.name}/approvals"
        asked = {"gate": "plan", "decision": "escalate", "name": "A. Reader"}
        assert post(viewer, access, address, **asked, meaning="").status_code == 422
        assert post(viewer, access, address, **asked, meaning="to B. Reader").status_code == 303
        told = CliRunner().invoke(
            main, ["runs", "escalate", "last", "--name", "A. Reader", "--meaning", "to B. Reader"]
        )
        assert told.exit_code == 0, told.output
        lines = [line for line in read_lines(run / EVENTS) if line["kind"] == "escalated"]
        assert len(lines) == 2
        assert {key: lines[0][key] for key in ("gate", "name", "meaning")} == {
            key: lines[1][key] for key in ("gate", "name", "meaning")
        }
        shown = viewer.get(address).text
        assert "to B. Reader" in shown
        assert "waiting" in shown
        ended = CliRunner().invoke(main, ["resume", "last", "--name", "B. Reader", "--reject"])
        assert ended.exit_code == 1, ended.output

    @pytest.mark.parametrize(
        "asked",
        [
            {"gate": "plan", "decision": "approve", "name": ""},
            {"gate": "freeze", "decision": "approve", "name": "A"},
            {"gate": "plan", "decision": "terminate", "name": "A"},
            {"gate": "plan", "decision": "modify", "name": "A"},
            {"gate": "plan", "decision": "modify", "name": "A", "drop": ["no_such"]},
            {"gate": "plan", "decision": "approve", "name": "A", "drop": ["vascularity"]},
        ],
    )
    def test_what_cannot_be_decided_is_refused_and_nothing_is_written(
        self, open_viewer: Open, access: Access, asked: dict[str, Any]
    ) -> None:
        run = self.begin()
        before = (run / EVENTS).read_bytes()
        answer = post(open_viewer(run.parent), access, f"/run/{run.name}/approvals", **asked)
        assert answer.status_code == 422
        assert 'class="fault"' in answer.text
        assert (run / EVENTS).read_bytes() == before

    def test_a_prompt_is_copied_and_its_reply_pasted_as_the_command_line_stores_it(
        self, open_viewer: Open, access: Access
    ) -> None:
        run = self.begin("--approve", "auto", "--model", "manual")
        viewer, address = open_viewer(run.parent), f"/run/{run.name}/approvals"
        assert "Copy prompt 001" in viewer.get(address).text
        words = "```python\r\nPLAN = {'vascularity': ['redness']}\r\n```\r\n"
        assert post(viewer, access, f"/run/{run.name}/reply", number="001", reply=words).status_code == 303
        stored = next((run / "inbox").glob("001-*.reply.md"))
        assert stored.read_bytes() == words.replace("\r\n", "\n").encode()
        again = post(viewer, access, f"/run/{run.name}/reply", number="001", reply="other")
        assert again.status_code == 422
        assert stored.read_bytes() == words.replace("\r\n", "\n").encode()
        told = CliRunner().invoke(main, ["resume", "last"])
        assert "request" in told.output
        assert any(line["kind"] == "planned" for line in read_lines(run / EVENTS))

    def test_what_was_decided_of_another_gate_is_refused_by_the_run_itself(self, open_viewer: Open) -> None:
        run, told = self.begin(), io.StringIO()
        decided = {"name": "A. Reader", "gate": "seal"}
        assert run_process.answer(json.dumps({"resume": str(run), "decided": decided}), told) != 0
        assert "waits at the gate plan, and seal was decided" in told.getvalue()
        assert "approval" not in _kinds(run)

    @pytest.mark.parametrize("fields", [{"number": "001", "reply": " \n"}, {"number": "../x", "reply": "y"}])
    def test_an_empty_reply_or_one_to_nothing_is_refused(
        self, open_viewer: Open, access: Access, fields: dict[str, str]
    ) -> None:
        run = self.begin("--approve", "auto", "--model", "manual")
        assert post(open_viewer(run.parent), access, f"/run/{run.name}/reply", **fields).status_code == 422
        assert not list((run / "inbox").glob("*"))


class TestADecisionIsNeverLost:
    """A run's process that had put its question was still ending when the answer came: it was lost."""

    @pytest.fixture
    def at_work(self) -> Iterator[Resumed]:
        process = subprocess.Popen(["sleep", "60"], text=True)
        with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as beside:
            yield Resumed(process, told, beside)
            process.kill()
            process.wait()

    def test_while_a_process_is_at_work_it_is_refused(self, at_work: Resumed, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="still at work, so this was not decided"):
            Resumes({"run": at_work}).send_on("run", tmp_path, {"name": "A. Reader"})

    def test_a_process_that_ends_is_waited_for_and_one_at_work_not_for_ever(self, at_work: Resumed) -> None:
        resumes = Resumes({"run": at_work})
        resumes.settle("run", 0.05)
        assert at_work.is_running
        at_work.process.terminate()
        resumes.settle("run")
        assert not at_work.is_running


@pytest.mark.slow
def test_a_rejection_from_the_viewer_and_one_from_the_command_line_write_the_same_events(
    tmp_path: Path, open_viewer: Open, access: Access
) -> None:
    here, there = small(tmp_path / "viewer"), small(tmp_path / "command")
    words = {"name": "A. Reader", "meaning": "not a fair reading"}
    answer = post(
        open_viewer(here.parent),
        access,
        f"/run/{here.name}/approvals",
        gate="plan",
        decision="reject",
        **words,
    )
    assert answer.status_code == 303, answer.text
    told = CliRunner().invoke(
        main,
        ["resume", str(there), "--name", words["name"], "--meaning", words["meaning"], "--reject"],
    )
    assert told.exit_code == 1, told.output
    _until(lambda: "run_finished" in _kinds(here))
    assert trace_body(here / EVENTS) == trace_body(there / EVENTS)


@pytest.mark.slow
def test_approvals_from_the_viewer_and_from_the_command_line_write_the_same_events(
    tmp_path: Path, open_viewer: Open, access: Access
) -> None:
    here, there = small(tmp_path / "viewer"), small(tmp_path / "command")
    viewer, address = open_viewer(here.parent), f"/run/{here.name}/approvals"
    asked = {
        "plan": "a fair reading of the criteria?",
        "freeze": "May these features be frozen?",
        "seal": "It can be scored only once.",
    }
    for gate, question in asked.items():
        _until(lambda question=question: question in viewer.get(address).text)
        words = {"name": "A. Reader", "meaning": f"{gate} read"}
        answer = post(viewer, access, address, gate=gate, decision="approve", **words)
        assert answer.status_code == 303, answer.text
        CliRunner().invoke(main, ["resume", str(there), "--name", "A. Reader", "--meaning", f"{gate} read"])
    _until(lambda: "run_finished" in _kinds(here))
    assert _kinds(there).count("approval") == 3
    assert trace_body(here / EVENTS) == trace_body(there / EVENTS)


@pytest.mark.slow
def test_a_run_that_was_approved_here_and_killed_goes_on_from_here(
    tmp_path: Path, open_viewer: Open, access: Access
) -> None:
    run = small(tmp_path / "runs")
    viewer, address = open_viewer(run.parent), f"/run/{run.name}"
    asked = {"gate": "plan", "decision": "modify", "name": "A. Reader", "drop": ["height"]}
    assert post(viewer, access, f"{address}/approvals", **asked).status_code == 303
    _until(lambda: "approval" in _kinds(run))
    resumed = viewer.app.app.state.resumes.of(run.name)  # type: ignore[attr-defined]
    os.killpg(resumed.process.pid, signal.SIGKILL)
    resumed.process.wait()
    assert post(viewer, access, f"{address}/resume").status_code == 303
    _until(lambda: load_run(run).info().status == "waiting")
    text = viewer.get(f"{address}/approvals").text
    assert "May these features be frozen?" in text
    assert _kinds(run).count("approval") == 1
    assert not [line for line in read_lines(run / EVENTS) if line.get("criterion") == "height"]


def test_a_run_that_is_not_ours_is_not_sent_on(copied: Path, open_viewer: Open, access: Access) -> None:
    answer = post(open_viewer(copied), access, "/run/scar/resume")
    assert answer.status_code == 422
    assert "adopt" in answer.text


def _kinds(run: Path) -> list[str]:
    return [line["kind"] for line in read_lines(run / EVENTS)]


def _until(holds: Any, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)
