"""A sweep runs every cell once, goes on after a kill, and ends with one table."""

import csv
import fcntl
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from scafe.agent.cli.main import main
from scafe.agent.record.run_folder import RunFolder, create_run
from scafe.agent.terminal import sweeping
from scafe.agent.terminal.sweeping import Cell, Question, go, line_of, part_of

QUESTION = Question(("scar.vss", "scar.posas"), ("builtin",), (1, 2, 3), ())


def swept(*words: str) -> Result:
    return CliRunner().invoke(main, ["sweep", *words])


def began(cell: Cell, status: str = "running") -> RunFolder:
    folder = create_run(cell.folder, cell.pack, cell.seed, {}, "")
    folder.set_status(status)
    return folder


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every command that would be started; each makes a run that froze a set."""
    found: list[list[str]] = []

    class Told:
        returncode, stderr = 0, b""

    def run(command: list[str], **_: Any) -> Told:
        found.append(command[3:])
        out = Path(command[command.index("--out") + 1])
        if not list(out.glob("*/run.json")):
            began(Cell(out, "scar.vss", "builtin", 1), "frozen")
        return Told()

    monkeypatch.setattr(sweeping.subprocess, "run", run)
    return found


def test_every_pair_is_a_cell_of_its_own(tmp_path: Path) -> None:
    cells = QUESTION.cells(tmp_path)
    assert len({cell.folder for cell in cells}) == 6


@pytest.mark.parametrize("parts", [1, 2, 4, 6, 9])
def test_parts_share_the_cells_out_without_a_rest(tmp_path: Path, parts: int) -> None:
    cells = QUESTION.cells(tmp_path)
    found = [cell for number in range(1, parts + 1) for cell in part_of(cells, number, parts)]
    assert sorted(found, key=str) == sorted(cells, key=str)


def test_a_cell_begins_once_and_is_left_alone_when_it_has_ended(tmp_path: Path, asked: list) -> None:
    cell = QUESTION.cells(tmp_path)[0]
    assert go(cell, ("--max-calls=4",))
    assert go(cell, ("--max-calls=4",))
    assert [words[:2] for words in asked] == [["run", "scar.vss"]]
    assert {"--approve=auto", "--seed=1", "--max-calls=4"} <= set(asked[0])


def test_a_cell_that_was_killed_is_resumed(tmp_path: Path, asked: list) -> None:
    cell = QUESTION.cells(tmp_path)[0]
    began(cell)
    go(cell, ())
    assert asked[0][:2] == ["resume", "last"]


def test_a_cell_that_another_process_holds_is_left_to_it(tmp_path: Path, asked: list) -> None:
    cell = QUESTION.cells(tmp_path)[0]
    cell.folder.mkdir()
    with (cell.folder / sweeping.LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert not go(cell, ())
    assert not asked


def test_a_sweep_ends_with_a_table_of_all_cells(tmp_path: Path, asked: list) -> None:
    told = swept(
        "--pack", "scar.vss", "--seeds", "1-3", "--out", str(tmp_path / "s"), "--part", "1/2", "--json"
    )
    assert told.exit_code == 0, told.output
    runs = json.loads(told.stdout)["runs"]
    assert [one["status"] for one in runs] == ["frozen", "not begun", "frozen"]
    with (tmp_path / "s" / "sweep.csv").open() as file:
        assert [row["status"] for row in csv.DictReader(file)] == [one["status"] for one in runs]
    assert len(asked) == 2


def test_what_a_run_said_when_it_failed_stands_in_the_table(tmp_path: Path) -> None:
    out = ("--out", str(tmp_path / "s"))
    told = swept("--pack", "no.such", "--seeds", "7", *out, "--json", "--", "--cohort", "plain")
    assert told.exit_code == 1
    (line,) = json.loads(told.stdout)["runs"]
    assert line["status"] == "failed"
    assert "no.such" in line["why"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seeds", "a"], "numbers and ranges"),
        (["--seeds", "5-1"], "0 seeds"),
        (["--part", "3/2"], "K from 1 to N"),
        (["--", "--seed", "3"], "the sweep's own"),
        (["--", "--no-such-option"], "No such option"),
        (["--", "--approve", "ask"], "nobody is asked"),
        (["--pack", "scar.vss"], "named twice"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_before_anything_runs(
    tmp_path: Path, asked: list, words: list[str], said: str
) -> None:
    told = swept("--pack", "scar.vss", "--out", str(tmp_path / "s"), *words)
    assert told.exit_code == 2
    assert said in told.output
    assert not asked


def test_another_question_needs_another_folder(tmp_path: Path, asked: list) -> None:
    out = ("--out", str(tmp_path / "s"))
    assert swept("--pack", "scar.vss", "--seeds", "1", *out).exit_code == 0
    told = swept("--pack", "scar.vss", "--seeds", "1-2", *out)
    assert told.exit_code == 2
    assert "began with other seeds" in told.output


def test_a_run_that_is_going_on_is_no_failure(tmp_path: Path) -> None:
    cell = QUESTION.cells(tmp_path)[0]
    began(cell)
    assert line_of(cell).status == "running"


def test_a_trace_that_was_edited_fails_its_own_line_alone(tmp_path: Path) -> None:
    cell = QUESTION.cells(tmp_path)[0]
    (began(cell).path / "events.jsonl").write_text('{"kind": "run_started"}\n')
    assert line_of(cell).status == "failed"
