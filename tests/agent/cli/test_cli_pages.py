"""Every command's help names its page, long messages name theirs, and every page that is named exists."""

import errno
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from scafe.agent.cli.main import Scafe, main
from scafe.agent.cli.pages import (
    A_LINE,
    COMMANDS,
    FAULTS,
    PREFIX,
    SPOKEN_OF,
    UNFORESEEN,
    address,
    command_of,
    page_for,
    page_of,
)
from scafe.knowledge.contract import errors

ROOT = Path(__file__).parents[3]


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_the_help_of_a_command_names_a_page_that_exists(path: tuple[str, ...]) -> None:
    told = CliRunner().invoke(main, [*path, "--help"])
    last = told.output.rstrip().splitlines()[-1].strip()
    assert last.startswith("Page: docs/")
    assert (ROOT / last.removeprefix("Page: ")).is_file()


def test_every_command_of_the_root_has_a_page_of_its_own() -> None:
    assert set(main.commands) <= set(COMMANDS)


def test_a_command_that_nobody_named_a_page_for_has_the_list_of_commands() -> None:
    assert page_of(("unheard", "of")) == "cli.md"
    assert page_of(("runs", "unheard")) == COMMANDS["runs"]


def test_no_page_is_kept_for_a_command_that_is_gone() -> None:
    assert set(COMMANDS) <= {" ".join(path) for path in commands()}


@pytest.mark.parametrize("page", sorted({*FAULTS.values(), *SPOKEN_OF.values(), UNFORESEEN}))
def test_the_page_of_a_fault_exists(page: str) -> None:
    assert (ROOT / address(page)).is_file()


@pytest.mark.parametrize("word", sorted(SPOKEN_OF))
def test_the_page_of_a_word_speaks_of_it(word: str) -> None:
    assert word in (ROOT / address(SPOKEN_OF[word])).read_text(encoding="utf-8")
    assert word.startswith("--") is any(word in option for option in options())


def options() -> Iterator[list[str]]:
    for path in commands():
        command: click.Command = main
        for name in path:
            assert isinstance(command, click.Group)
            command = command.commands[name]
        yield from (parameter.opts for parameter in command.params)


LONG = "x" * A_LINE


def kinds(base: type[errors.ScafeError] = errors.ScafeError) -> Iterator[type[errors.ScafeError]]:
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


FAULTS_OF_ALL_KINDS = [
    *(kind(LONG) for kind in kinds()),
    *(OSError(number, "", LONG) for number in (errno.ENOSPC, errno.EACCES, errno.ENOENT, errno.EIO)),
    click.UsageError(LONG),
    click.BadParameter(LONG),
    click.ClickException(LONG),
    RuntimeError(LONG),
]


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_whatever_fails_in_a_command_a_long_message_has_a_page_that_exists(path: tuple[str, ...]) -> None:
    assert command_of(main, [*path, "--json"]) == path
    named = {page_for(fault, LONG, path) for fault in FAULTS_OF_ALL_KINDS}
    assert [page for page in named if page is None or not (ROOT / address(page)).is_file()] == []


@pytest.mark.parametrize("fault", FAULTS_OF_ALL_KINDS, ids=lambda fault: type(fault).__name__)
def test_a_long_message_ends_with_its_page_and_json_has_it_too(fault: Exception) -> None:
    @click.group(cls=Scafe)
    def root() -> None:
        """Root."""

    @root.command()
    @click.option("--json", is_flag=True)
    def predict(json: bool) -> None:
        raise fault

    told = CliRunner().invoke(root, ["predict", "--json"])
    named = re.search(r" \(more: docs/([\w./-]+)\)$", told.stderr.rstrip())
    assert named, told.stderr
    assert (ROOT / address(named[1])).is_file()
    assert json.loads(told.stdout)["error"]["page"] == address(named[1])


def test_a_message_of_a_line_names_no_page_and_a_longer_one_does() -> None:
    short = "x" * (A_LINE - len(PREFIX))
    assert page_for(errors.DatasetError(short), short) is None
    assert page_for(errors.DatasetError(), f"{short}x") == "data.md"
    assert page_for(errors.DatasetError(), "two\nlines") == "data.md"


def test_a_kind_of_fault_without_a_page_has_that_of_its_nearest_base() -> None:
    assert page_for(errors.SealError(), LONG) == FAULTS[errors.IntegrityError]
    assert page_for(errors.BudgetError(), LONG) != page_for(errors.ModelError(), LONG)
    assert page_for(PermissionError(), LONG) == FAULTS[OSError]


def test_a_fault_without_a_page_has_that_of_the_command_that_failed() -> None:
    command = command_of(main, ["runs", "--quiet", "show", "last", "run"])
    assert command == ("runs", "show")
    assert page_for(errors.InputError(), LONG, command) == COMMANDS["runs show"]
    assert page_for(errors.InputError(), LONG, command_of(main, ["runs", LONG])) == COMMANDS["runs"]
    assert page_for(errors.InputError(), LONG, command_of(main, [])) == "cli.md"


def test_a_fault_of_scafe_itself_has_the_page_that_says_what_to_report() -> None:
    assert page_for(KeyError("--cluster"), f"{LONG} --cluster", ("run",)) == UNFORESEEN


def test_what_the_message_speaks_of_comes_before_the_kind_of_fault() -> None:
    say = f"give --locator FILE, or leave --cluster away {LONG}"
    assert page_for(errors.DatasetError(), say) == SPOKEN_OF["--locator"]
    assert page_for(errors.DatasetError(), f"a.dcm: DICOM Rows is 0 {LONG}") == SPOKEN_OF["DICOM"]


@pytest.mark.parametrize("path", ["/scans/DICOM/1.png", "DICOM-2024.png", "/a--cluster/b.png", "--clusters"])
def test_a_word_inside_a_path_is_not_what_a_message_speaks_of(path: str) -> None:
    assert page_for(errors.DatasetError(), f"{path}: no pixel {LONG}") == FAULTS[errors.DatasetError]


def test_a_page_that_the_message_names_is_not_named_twice() -> None:
    assert page_for(errors.DatasetError(), f"{LONG}; see docs/data.md") is None


def test_the_command_line_prints_it_beside_the_message(tmp_path: Path) -> None:
    table = tmp_path / "scars.csv"
    table.write_text("path,label,age\na.png,severe,3\n")
    told = CliRunner().invoke(main, ["data", "check", str(table), "--pack", "scar.vss"])
    assert told.exit_code == 2
    assert told.output.rstrip().endswith(" (more: docs/data.md)")
    assert told.output.count("\n") == 1
