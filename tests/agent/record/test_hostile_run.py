"""Runs from a stranger: `unchanged` is said of nothing that was not looked at, and nothing is waited for."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import scafe
from scafe.agent.cli.main import main
from scafe.agent.loop.run import resume_run
from scafe.agent.record.run_folder import RunFolder
from scafe.agent.record.seal import SEAL, SUMS, seal_run, verify_run
from scafe.agent.record.trace import EVENTS, FIRST_PREV
from scafe.knowledge.contract.errors import IntegrityError

REFERENCE = Path(__file__).parents[3] / "runs" / "reference" / "builtin"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    shutil.copytree(REFERENCE, tmp_path / "run")
    return tmp_path / "run"


def chained_again(run: Path, change: Callable[[list[dict[str, Any]]], Any]) -> Path:
    """Change the events and give them the hashes that belong to them; the seal is made anew too."""
    lines = [json.loads(line) for line in (run / EVENTS).read_text().splitlines()]
    change(lines)
    prev, written = FIRST_PREV, []
    for number, line in enumerate(lines):
        data = json.dumps({**line, "n": number, "prev": prev}, ensure_ascii=False).encode()
        prev = hashlib.sha256(data).hexdigest()
        written.append(data + b"\n")
    (run / EVENTS).write_bytes(b"".join(written))
    return sealed_again(run)


def sealed_again(run: Path) -> Path:
    for name in (SEAL, SUMS):
        (run / name).unlink(missing_ok=True)
    seal_run(run)
    return run


def of_kind(lines: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(line for line in lines if line["kind"] == kind)


def faults(run: Path) -> str:
    check = verify_run(run)
    assert not check.ok
    return "\n".join(check.faults)


def test_a_run_whose_hashes_are_made_anew_over_the_same_files_is_whole(run: Path) -> None:
    assert verify_run(chained_again(run, lambda lines: None)).faults == ()


def test_a_file_whose_name_begins_like_one_that_is_not_sealed_is_found(run: Path) -> None:
    """Named fault: `SEAL.json.py` and `run.lock/…` began like files that are passed over."""
    for name in ("SEAL.json.py", "checkpoints.sqlite.py", "run.lockers", "SHA256SUMS.txt", "benches.py"):
        (run / name).write_text("x")
        assert f"{name} was added after the seal" in faults(run)
        (run / name).unlink()


@pytest.mark.parametrize("name", ["notes.md", "replies/more.md", "frozen/tools.py", ".hidden", "bench2/x"])
def test_a_file_that_the_seal_does_not_list_is_named(run: Path, name: str) -> None:
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).write_text("x")
    assert f"{name} was added after the seal" in faults(run)


@pytest.mark.parametrize("name", ["report.md", "frozen/manifest.json", EVENTS, SEAL, SUMS])
def test_a_link_in_place_of_a_file_is_named_though_it_leads_to_the_same_bytes(run: Path, name: str) -> None:
    shutil.move(run / name, run.parent / "elsewhere")
    (run / name).symlink_to(run.parent / "elsewhere")
    assert f"{Path(name).name} is a link" in faults(run)


@pytest.mark.parametrize("name", ["report.md", EVENTS, SEAL, SUMS, "more"])
def test_a_pipe_is_named_and_not_waited_for(run: Path, name: str) -> None:
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    assert f"{name} is no regular file" in faults(run)


def test_a_folder_behind_a_link_is_not_the_runs(run: Path) -> None:
    shutil.move(run / "replies", run.parent / "replies")
    (run / "replies").symlink_to(run.parent / "replies")
    assert "replies is a link" in faults(run)


def test_a_link_is_refused_when_a_run_is_sealed(run: Path) -> None:
    (run / "more.md").symlink_to("/etc/hostname")
    with pytest.raises(IntegrityError, match=r"more\.md is a link"):
        sealed_again(run)


def test_a_seal_that_was_taken_away_is_missed(run: Path) -> None:
    """Named fault: without its seal a finished run was told as one that goes on."""
    (run / SEAL).unlink()
    assert "SEAL.json is missing, and the trace says that the run ended" in faults(run)


def test_sums_that_say_something_else_than_the_seal_are_a_fault(run: Path) -> None:
    """Named fault: SHA256SUMS, which docs/verify.sh goes by, was never compared."""
    (run / SUMS).write_text("")
    assert "SHA256SUMS does not say what SEAL.json says" in faults(run)


EVENT_FAULTS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "NaN is not a number": lambda lines: of_kind(lines, "round_planned").update(draws=[{"x": float("nan")}]),
    "Infinity is not a number": lambda lines: of_kind(lines, "round_assessed").update(gained=float("inf")),
    "wrong field": lambda lines: of_kind(lines, "round_assessed").update(gained="many"),
    "not an event": lambda lines: of_kind(lines, "round_assessed").update(kind=["a", "list"]),
    "names 'revisions/../../outside/r001.py'": lambda lines: of_kind(lines, "revised").update(
        criterion="../../outside", number=1
    ),
    "names 'replies/../pack.md'": lambda lines: of_kind(lines, "replied").update(reply="../pack"),
    "r001.py is not what an event of kind revised names": lambda lines: of_kind(lines, "revised").update(
        sha256="0" * 64
    ),
    "cannot be read": lambda lines: of_kind(lines, "replied").update(brief="0" * 64),
    "names '../elsewhere/manifest.json'": lambda lines: of_kind(lines, "set_frozen").update(
        bundle="../elsewhere"
    ),
    "manifest.json is not what an event of kind set_frozen names": lambda lines: of_kind(
        lines, "set_frozen"
    ).update(sha256="1" * 64),
}


@pytest.mark.parametrize("told", EVENT_FAULTS)
def test_an_event_that_cannot_be_is_a_fault_though_every_hash_is_right(run: Path, told: str) -> None:
    assert told in faults(chained_again(run, EVENT_FAULTS[told]))


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"kind": "paused", "kind": "resumed"}', "'kind' stands twice"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"kind": "paused", "n": 0, "why": "\xff"}', "not an event"),
        (b'{"kind": "paused", "n": ' + b"9" * 5000 + b"}", "not an event"),
        (b"null", "not an event"),
    ],
)
def test_a_line_that_is_no_plain_event_is_one_sentence(run: Path, raw: bytes, told: str) -> None:
    (run / EVENTS).write_bytes(raw + b"\n")
    assert told in faults(run)


def test_lines_that_are_numbered_otherwise_than_they_stand_are_found(run: Path) -> None:
    text = (run / EVENTS).read_text()
    (run / EVENTS).write_text(text.replace('{"n": 0,', '{"n": 7,', 1))
    assert "line 1: numbered 7, not 0" in faults(run)


def test_a_head_with_a_key_twice_is_a_fault(run: Path) -> None:
    text = (run / "run.json").read_text()
    (run / "run.json").write_text(text.replace('"seed":', '"seed": 1,\n "seed":', 1))
    assert "'seed' stands twice" in faults(sealed_again(run))


def test_a_seal_that_leads_out_names_a_file_that_is_missing(run: Path) -> None:
    seal = json.loads((run / SEAL).read_text())
    seal["files"]["../outside"] = "0" * 64
    (run / SEAL).write_text(json.dumps(seal))
    assert "../outside is missing" in faults(run)


def test_a_sealed_run_reads_as_before_by_its_parts(run: Path) -> None:
    assert RunFolder(run).info().status == "frozen"
    assert verify_run(run).files > 20


def test_a_configuration_that_was_edited_is_one_sentence_when_the_run_goes_on(run: Path) -> None:
    head = json.loads((run / "run.json").read_text())
    head["config"]["max_calls"] = "many"
    (run / "run.json").write_text(json.dumps(head))
    with pytest.raises(IntegrityError, match=r"run\.json, config\.max_calls"):
        resume_run(run, trust="all")


def test_events_with_wrong_fields_are_told_where_a_run_is_shown(run: Path) -> None:
    """Named fault: a finding of two words instead of three ended `scafe runs watch` with a traceback."""
    chained_again(run, lambda lines: of_kind(lines, "judged").update(findings=[["x", "warn"]]))
    for command in ("show", "watch"):
        told = CliRunner().invoke(main, ["runs", command, "run", "--out", str(run.parent)])
        assert told.exit_code == 4
        assert "an event has a wrong field" in told.output


@pytest.mark.parametrize("name", ["request.json", "attempts.jsonl"])
def test_a_journal_that_was_edited_is_told_where_it_is_shown(tmp_path: Path, name: str) -> None:
    """Named fault: a field of another type in the journal ended `scafe runs egress` with a traceback."""
    shutil.copytree(REFERENCE.parent / "played-scar", tmp_path / "run")
    path = sorted((tmp_path / "run" / "llm").glob(f"*.{name}"))[0]
    text = path.read_text()
    record = json.loads(text if name == "request.json" else text.splitlines()[0])
    path.write_text(json.dumps({**record, "sha256": None, "attempt": "many"}) + "\n")
    told = CliRunner().invoke(main, ["runs", "egress", "run", "--out", str(tmp_path)])
    assert told.exit_code == 4
    assert f"{name}: not a record of the journal" in told.output


def test_a_report_that_is_no_json_is_told(run: Path) -> None:
    (run / "report.json").write_text('{"a": NaN}')
    told = CliRunner().invoke(main, ["report", "run", "--out", str(run.parent)])
    assert told.exit_code == 4
    assert "report.json is not plain JSON" in told.output


BROKEN_ENDS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "the opened part does not say what it was": lambda lines: of_kind(lines, "seal_opened").pop("sealed"),
    "criteria that are lists": lambda lines: of_kind(lines, "set_frozen").update(criteria=[["a"]]),
    "an end of another name": lambda lines: of_kind(lines, "run_finished").update(status="<script>"),
    "scores that are texts": lambda lines: of_kind(lines, "seal_opened").update(auc="\x1b[2J"),
    "reports that are no files": lambda lines: of_kind(lines, "reported").update(files=[]),
}


@pytest.mark.parametrize("name", BROKEN_ENDS)
def test_an_end_with_wrong_fields_is_one_sentence_in_python_too(run: Path, name: str) -> None:
    """A notebook that showed such a run ended in a KeyError or a TypeError."""
    found = scafe.load_run(chained_again(run, BROKEN_ENDS[name]))
    for look in (lambda: found.summary, found._repr_html_):
        with pytest.raises(IntegrityError, match="an event has a wrong field"):
            look()


def test_scores_with_wrong_fields_are_one_sentence(run: Path) -> None:
    found = scafe.load_run(chained_again(run, BROKEN_ENDS["scores that are texts"]))
    with pytest.raises(IntegrityError, match="an event has a wrong field"):
        _ = found.scores
