"""Every command's help names its page, long messages name theirs, and every page that is named exists."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from scafe.agent.cli.main import main
from scafe.agent.cli.pages import A_LINE, COMMANDS, FAULTS, address, page_for, page_of
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


@pytest.mark.parametrize("page", sorted(set(FAULTS.values())))
def test_the_page_of_a_fault_exists(page: str) -> None:
    assert (ROOT / address(page)).is_file()


def test_a_message_of_a_line_names_no_page_and_a_longer_one_does() -> None:
    short, long = "x" * (A_LINE - 1), "x" * A_LINE
    assert page_for(errors.DatasetError(short), short) is None
    assert page_for(errors.DatasetError(long), long) == "data.md"
    assert page_for(errors.SealError(long), long) == FAULTS[errors.IntegrityError]
    assert page_for(errors.BudgetError(long), long) != page_for(errors.ModelError(long), long)
    assert page_for(OSError(long), long) is None


def test_the_command_line_prints_it_beside_the_message(tmp_path: Path) -> None:
    table = tmp_path / "scars.csv"
    table.write_text("path,label,age\na.png,severe,3\n")
    told = CliRunner().invoke(main, ["data", "check", str(table), "--pack", "scar.vss"])
    assert told.exit_code == 2
    assert told.output.rstrip().endswith(" (more: docs/data.md)")
    assert told.output.count("\n") == 1
