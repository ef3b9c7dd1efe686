"""The manners of every command: help with an example, one JSON document, one sentence, one exit code."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from scafe.agent.cli.main import FAULT_OF_SCAFE, INTERRUPTED, Scafe, main
from scafe.agent.terminal.terminal import Terminal, render_json, speaks
from scafe.knowledge.contract.errors import (
    DatasetError,
    IntegrityError,
    ModelError,
    SandboxError,
    WaitingError,
)

HEAVY = ("langgraph", "langchain_openai", "sklearn", "cv2", "skimage", "scipy", "numpy", "pydantic", "rich")


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield (*path, name), command


COMMANDS = list(leaves(main))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
class TestCommand:
    def test_help_shows_an_example_that_names_it(self, path: tuple[str, ...], command: click.Command) -> None:
        shown = CliRunner().invoke(main, [*path, "--help"], prog_name="scafe")
        assert shown.exit_code == 0
        _, _, example = shown.output.partition("Example:")
        assert f"scafe {' '.join(path)}" in example

    def test_offers_json_and_quiet(self, path: tuple[str, ...], command: click.Command) -> None:
        options = {option for parameter in command.params for option in parameter.opts}
        assert {"--json", "--quiet"} <= options

    def test_every_option_says_what_it_does(self, path: tuple[str, ...], command: click.Command) -> None:
        silent = [one.name for one in command.params if isinstance(one, click.Option) and not one.help]
        assert silent == []


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, scafe.agent.cli.main as cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stderr.strip() == "[]"


def a_command_that(raises: BaseException | None = None, answers: Any = None) -> Scafe:
    @click.group(cls=Scafe)
    def root() -> None:
        """Root."""

    @root.command()
    @speaks
    def go(terminal: Terminal) -> None:
        terminal.say("on the way")
        if raises is not None:
            raise raises
        terminal.answer(answers, "done")

    return root


FAULTS = [
    (DatasetError("row 3: no label; add one"), 2),
    (WaitingError("waits for a reply"), 3),
    (IntegrityError("line 4 was edited"), 4),
    (ModelError("the endpoint does not answer"), 5),
    (SandboxError("this host cannot hold its walls"), 6),
    (OSError(errno.ENOSPC, "No space left on device", "out.csv"), 2),
    (PermissionError(errno.EACCES, "Permission denied", "closed/out.csv"), 2),
    (FileNotFoundError(errno.ENOENT, "No such file", "gone.csv"), 2),
    (click.UsageError("No such option: --hlep"), 2),
    (RuntimeError("boom"), FAULT_OF_SCAFE),
    (KeyboardInterrupt(), INTERRUPTED),
]


@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=[type(fault).__name__ for fault, _ in FAULTS])
def test_a_fault_is_one_sentence_and_one_exit_code(fault: BaseException, code: int) -> None:
    told = CliRunner().invoke(a_command_that(raises=fault), ["go"])
    assert told.exit_code == code
    assert told.stdout == ""
    assert [line for line in told.stderr.splitlines() if line.startswith("scafe: ")] != []
    assert ("Traceback" in told.stderr) == (code == FAULT_OF_SCAFE)


@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=[type(fault).__name__ for fault, _ in FAULTS])
def test_a_fault_under_json_is_still_one_document(fault: BaseException, code: int) -> None:
    told = CliRunner().invoke(a_command_that(raises=fault), ["go", "--json"])
    assert told.exit_code == code
    assert json.loads(told.stdout)["error"]["exit_code"] == code


def test_a_full_disk_names_the_file_and_the_way_out() -> None:
    told = CliRunner().invoke(a_command_that(raises=OSError(errno.ENOSPC, "", "out.csv")), ["go"])
    assert told.stderr.splitlines()[-1] == (
        "scafe: out.csv: the disk is full; make room or choose another place, then try again"
    )


def test_json_is_exactly_one_document_whatever_is_said() -> None:
    told = CliRunner().invoke(a_command_that(answers={"auc": float("nan")}), ["go", "--json"])
    assert json.loads(told.stdout) == {"auc": None}
    assert told.stderr == "on the way\n"


def test_quiet_leaves_the_result_alone() -> None:
    told = CliRunner().invoke(a_command_that(answers=1), ["go", "--quiet"])
    assert (told.stdout, told.stderr) == ("done\n", "")


def test_numbers_that_json_cannot_hold_become_null() -> None:
    assert json.loads(render_json([float("inf"), {"a": (float("nan"), 1.5)}])) == [None, {"a": [None, 1.5]}]


def test_a_wrong_command_names_the_nearest() -> None:
    told = CliRunner().invoke(main, ["criterai"])
    assert told.exit_code == 2
    assert "criteria" in told.stderr


def test_the_version_is_the_installed_one() -> None:
    from importlib.metadata import version

    assert CliRunner().invoke(main, ["--version"], prog_name="scafe").output == f"scafe {version('scafe')}\n"


@pytest.mark.parametrize("variable", ["NO_COLOR", "TERM"])
def test_what_is_piped_carries_no_colour(variable: str, tmp_path: Path) -> None:
    environ = {**os.environ, variable: "1" if variable == "NO_COLOR" else "xterm-256color"}
    command = [sys.executable, "-m", "scafe.agent.cli.main", "config", "show"]
    told = subprocess.run(command, capture_output=True, check=True, env=environ, cwd=tmp_path)
    assert b"\x1b" not in told.stdout + told.stderr


def test_a_config_key_that_is_not_known_is_told_by_the_command(tmp_path: Path) -> None:
    (tmp_path / "scafe.toml").write_text("max_call = 3\n")
    command = [sys.executable, "-m", "scafe.agent.cli.main", "config", "show"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    assert "did you mean max_calls" in told.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this host")
def test_a_full_disk_under_stdout_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scafe.agent.cli.main", "config", "show", "--json"]
    with open("/dev/full", "w") as full:
        told = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path
        )
    assert told.returncode == 2
    assert "the disk is full" in told.stderr


@pytest.mark.parametrize("words", [["config", "show"], ["config", "show", "--json"]])
@pytest.mark.filterwarnings("default")
def test_a_variable_that_nothing_reads_is_one_warning_on_stderr(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAFE_MAX_CALL", "3")
    told = CliRunner().invoke(main, words)
    assert told.exit_code == 0
    assert told.stderr.splitlines() == [
        "scafe: warning: the environment variable SCAFE_MAX_CALL is not read by this version; "
        "did you mean SCAFE_MAX_CALLS?"
    ]
    assert CliRunner().invoke(main, [*words, "--quiet"]).stderr == ""
