"""The pages about the command line say what the command line does."""

import re
import runpy
from pathlib import Path

import click
import pytest

from scafe.agent.cli.main import main

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "CONTRIBUTING.md",
    ROOT / "runs/README.md",
]


def test_the_page_of_commands_is_current() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "make_cli.py"))["page"]()
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == page, "run `make pages`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_that_a_page_names_exists(path: Path) -> None:
    named = re.findall(
        r"(?:^|[`/ ])scafe ((?:[a-z]+)(?: [a-z]+)?)", path.read_text(encoding="utf-8"), re.MULTILINE
    )
    unknown = [words for words in named if not is_command(words.split())]
    assert unknown == []


def is_command(words: list[str]) -> bool:
    command = main.commands.get(words[0])
    if isinstance(command, click.Group) and len(words) > 1:
        return words[1] in command.commands
    return command is not None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_file_that_a_page_links_to_exists(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []
