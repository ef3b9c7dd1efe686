"""The commands that read a run, over small runs made by hand."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scafe.agent.cli.main import main
from scafe.agent.egress.journal import Attempt, Journal, RequestRecord
from scafe.agent.record.events import CapReached, RunFinished
from scafe.agent.record.revisions import Revision, write_revision
from scafe.agent.record.run_folder import RunFolder, create_run
from scafe.agent.record.seal import seal_run
from scafe.agent.record.trace import EVENTS, Trace

ROOT = Path(__file__).parents[3]
VERIFY = ROOT / "docs" / "verify.sh"
OLD = "def extract(image, mask):\n    return {'rim': 1.0}\n"
NEW = "def extract(image, mask):\n    return {'rim': 2.0}\n"


def sha256(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def revise(folder: RunFolder, number: int, source: str) -> None:
    record = {
        "criterion": "border",
        "number": number,
        "sha256": sha256(source),
        "operator": "draft",
        "round": 0,
    }
    write_revision(folder, Revision.model_validate(record), source)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = create_run(
        tmp_path / "runs", "scar.vss", 7, {"pack": "scar.vss", "model": "builtin"}, "id: scar.vss\n"
    )
    trace = Trace(made.path)
    trace.record(CapReached(why="calls: 50 of 50"))
    trace.record(RunFinished(status="frozen", why="", calls=50))
    revise(made, 1, OLD)
    revise(made, 2, NEW)
    for kind in ("md", "html", "json"):
        (made.path / f"report.{kind}").write_text(f'{{"kind": "{kind}"}}\n')
    made.set_status("frozen")
    seal_run(made.path)
    return made


def scafe(folder: RunFolder, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--out", str(folder.path.parent)])


def test_runs_are_listed_with_their_status(folder: RunFolder) -> None:
    told = scafe(folder, "runs", "list")
    assert folder.path.name in told.stdout
    assert "frozen" in told.stdout
    listed = json.loads(scafe(folder, "runs", "list", "--json").stdout)
    assert [one["id"] for one in listed] == [folder.path.name]


def test_no_runs_is_an_empty_list_and_a_hint(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["runs", "list", "--json", "--out", str(tmp_path)])
    assert (told.exit_code, json.loads(told.stdout)) == (0, [])
    assert "scafe demo" in CliRunner().invoke(main, ["runs", "list", "--out", str(tmp_path)]).stderr


@pytest.mark.parametrize("name", ["last", "scar-vss"])
def test_a_run_is_named_by_a_part_or_as_the_last(folder: RunFolder, name: str) -> None:
    document = json.loads(scafe(folder, "runs", "show", name, "--json").stdout)
    assert document["id"] == folder.path.name
    assert [one["name"] for one in document["revisions"]] == ["border/r001", "border/r002"]


def test_an_unknown_run_is_one_sentence(folder: RunFolder) -> None:
    told = scafe(folder, "runs", "show", "nosuch")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "scafe runs list" in told.stderr


def test_a_run_of_a_newer_version_is_refused_with_the_way_out(folder: RunFolder) -> None:
    head = json.loads((folder.path / "run.json").read_text()) | {"format": 99}
    (folder.path / "run.json").write_text(json.dumps(head))
    told = scafe(folder, "runs", "show", str(folder.path))
    assert (told.exit_code, told.stdout) == (2, "")
    assert "upgrade ScaFE" in told.stderr


def test_diff_equals_that_of_the_diff_tool(folder: RunFolder) -> None:
    told = scafe(folder, "runs", "diff", "last", "border/r001", "r002")
    files = [f"{folder.path}/revisions/border/r00{number}.py" for number in (1, 2)]
    wanted = subprocess.run(["diff", "-u", *files], capture_output=True, text=True, check=False).stdout
    assert told.exit_code == 0
    assert told.stdout.splitlines()[2 : len(wanted.splitlines())] == wanted.splitlines()[2:]


def test_hidden_characters_in_a_source_are_shown(folder: RunFolder) -> None:
    revise(folder, 3, "# \u202ereversed\u200b \x1b[31mred\n" + NEW)
    told = scafe(folder, "runs", "diff", "last", "r002", "r003").stdout
    assert "⟨U+202E⟩reversed⟨U+200B⟩ ⟨U+001B⟩[31mred" in told


def test_an_untouched_run_verifies(folder: RunFolder) -> None:
    told = scafe(folder, "runs", "verify", "last", "--json")
    assert told.exit_code == 0
    assert json.loads(told.stdout)["ok"] is True


@pytest.fixture(params=["edited line", "edited last line", "cut off", "changed file", "missing file"])
def tampered(folder: RunFolder, request: pytest.FixtureRequest) -> RunFolder:
    events = folder.path / EVENTS
    lines = events.read_text().splitlines(keepends=True)
    if request.param == "edited line":
        events.write_text("".join([lines[0].replace("50 of 50", "5 of 50"), *lines[1:]]))
    elif request.param == "edited last line":
        events.write_text("".join([*lines[:-1], lines[-1].replace('"calls": 50', '"calls": 51')]))
    elif request.param == "cut off":
        events.write_text("".join(lines[:-1]))
    elif request.param == "changed file":
        (folder.path / "revisions/border/r001.py").write_text(NEW)
    else:
        (folder.path / "revisions/border/r001.py").unlink()
    return folder


def test_a_changed_run_exits_with_4_and_says_what(tampered: RunFolder) -> None:
    told = scafe(tampered, "runs", "verify", "last", "--json")
    assert told.exit_code == 4
    assert json.loads(told.stdout)["faults"]


def test_the_script_without_scafe_finds_the_same(tampered: RunFolder) -> None:
    told = subprocess.run(["bash", VERIFY, tampered.path], capture_output=True, text=True, check=False)
    assert told.returncode == 4, told.stdout + told.stderr


def test_the_script_without_scafe_accepts_an_untouched_run(folder: RunFolder) -> None:
    told = subprocess.run(["bash", VERIFY, folder.path], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("chain: 2 events")
    (folder.path / "SEAL.json").unlink()
    told = subprocess.run(["bash", VERIFY, folder.path], capture_output=True, text=True, check=False)
    assert (told.returncode, "not sealed" in told.stdout) == (0, True)


def test_the_script_says_usage_without_a_run(tmp_path: Path) -> None:
    told = subprocess.run(["bash", VERIFY, tmp_path], capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert "not a run folder" in told.stderr


def test_everything_that_was_sent_is_printed_byte_for_byte(folder: RunFolder) -> None:
    journal = Journal(folder.path / "llm")
    body = '{"messages": [{"role": "user", "content": "größer\\u202e"}]}'
    journal.begin(
        RequestRecord(
            sha256="ab" * 32,
            operator="draft",
            level="aggregates",
            endpoint="http://127.0.0.1:1/v1",
            model="m",
            body=body,
        )
    )
    journal.note("ab" * 32, Attempt(attempt=1, event="sent"))
    journal.note("ab" * 32, Attempt(attempt=1, event="done", outcome="http", status=500))
    journal.note("ab" * 32, Attempt(attempt=2, event="sent", body=body + " "))
    sent = json.loads(scafe(folder, "runs", "egress", "last", "--json").stdout)
    assert [one["body"] for one in sent] == [body, body + " "]
    assert [one["bytes"] for one in sent] == [len(body.encode()), len(body.encode()) + 1]
    assert body in scafe(folder, "runs", "egress", "last", "--raw").stdout
    assert "--- user\ngrößer" in scafe(folder, "runs", "egress", "last").stdout


def test_a_run_without_a_model_sent_nothing(folder: RunFolder) -> None:
    told = scafe(folder, "runs", "egress", "last", "--json")
    assert (told.exit_code, json.loads(told.stdout)) == (0, [])
    assert "nothing was sent" in told.stderr
    assert not (folder.path / "llm").exists()


@pytest.mark.parametrize(("form", "start"), [("md", '{"kind": "md"}'), ("html", '{"kind": "html"}')])
def test_the_report_is_printed_as_it_lies_there(folder: RunFolder, form: str, start: str) -> None:
    assert scafe(folder, "report", "last", "--format", form).stdout.startswith(start)
    assert json.loads(scafe(folder, "report", "last", "--json").stdout) == {"kind": "json"}


def test_a_run_without_a_report_says_how_to_finish_it(tmp_path: Path) -> None:
    made = create_run(tmp_path, "scar.vss", 7, {}, "")
    told = scafe(made, "report", "last")
    assert told.exit_code == 2
    assert f"scafe resume {made.path.name}" in told.stderr


def test_watching_ends_with_the_run_and_tells_what_happened(folder: RunFolder) -> None:
    told = scafe(folder, "runs", "watch", "last")
    assert told.exit_code == 0
    assert "limit reached: calls: 50 of 50" in told.stderr
    assert told.stdout == f"{folder.path.name}: frozen\n"


def test_watching_follows_a_run_that_goes_on(tmp_path: Path) -> None:
    made = create_run(tmp_path, "scar.vss", 7, {}, "")

    def go_on() -> None:
        trace = Trace(made.path)
        trace.record(CapReached(why="first"))
        time.sleep(0.7)
        trace.record(CapReached(why="second"))
        made.set_status("frozen")

    worker = threading.Thread(target=go_on)
    worker.start()
    told = scafe(made, "runs", "watch", "last", "--json")
    worker.join()
    assert [line for line in told.stderr.splitlines() if "limit" in line] == [
        "limit reached: first",
        "limit reached: second",
    ]
    assert json.loads(told.stdout)["status"] == "frozen"


def test_a_closed_pipe_ends_a_command_without_a_traceback(folder: RunFolder) -> None:
    command = [
        sys.executable,
        "-m",
        "scafe.agent.cli.main",
        "runs",
        "show",
        "last",
        "--out",
        str(folder.path.parent),
    ]
    read, write = os.pipe()
    os.close(read)
    told: Any = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert "Traceback" not in told.stderr
