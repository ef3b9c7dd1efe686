"""The pages about the command line say what the command line does."""

import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from scafe.agent.cli.main import main
from scafe.agent.cli.pages import command_of

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "tutorials").glob("*.md")),
    ROOT / "CONTRIBUTING.md",
    ROOT / "runs/README.md",
]


def test_the_page_of_commands_is_current() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "make_cli.py"))["page"]()
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == page, "run `make pages`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_that_a_page_names_exists(path: Path) -> None:
    said = re.sub(r"(?<=\S)\s+# .*", "", path.read_text(encoding="utf-8"))  # without comments of a shell
    named = re.findall(r"(?:^|[`/ ])scafe ((?:[a-z]+)(?: [a-z]+)?)", said, re.MULTILINE)
    unknown = [words for words in named if not is_command(words.split())]
    assert unknown == []


def is_command(words: list[str]) -> bool:
    command = main.commands.get(words[0])
    if isinstance(command, click.Group) and len(words) > 1:
        return words[1] in command.commands
    return command is not None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_option_that_a_page_gives_to_a_command_is_one_of_it(path: Path) -> None:
    said = path.read_text(encoding="utf-8")
    assert [call for call in calls(said) if not set(call.options) <= options_of(call.command)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_option_that_a_page_speaks_of_is_one_of_some_command(path: Path) -> None:
    named = set(re.findall(r"`(--[a-z][a-z-]*)", path.read_text(encoding="utf-8")))
    assert named - options_of(()) - OF_OTHERS == set()


def test_a_page_s_commands_are_found_wherever_they_stand() -> None:
    page = """See `scafe runs show --gone`.

    $ scafe run scar.vss --data a/ \\
        --out b/ | grep --count x    # --no

    docker run --rm scafe:local doctor; scafe doctor --json
    scafe sweep --pack scar.vss -- --max-calls 3
    """
    assert [(call.command, call.options) for call in calls(page)] == [
        (("runs", "show"), ("--gone",)),
        (("run",), ("--data", "--out")),
        (("doctor",), ("--json",)),
        (("sweep",), ("--pack",)),
        (("run",), ("--max-calls",)),
    ]


OF_OTHERS = {"--jinja", "--max-model-len", "--scores", "--shm-size"}
"""Options of other programs that pages name alone: model servers, docker, a script of benchmarks/."""


@dataclass(frozen=True)
class Call:
    """A command of scafe as a page writes it, with the names of its options."""

    command: tuple[str, ...]
    options: tuple[str, ...]


def calls(page: str) -> Iterator[Call]:
    """Find the commands of a page, in blocks and in sentences."""
    for found in re.findall(r"(?<![\w/-])scafe ((?:\\\n|[^`\n|;&#>])+)", page):
        own, _, passed_on = found.replace("\\\n", " ").partition(" -- ")
        command = command_of(main, own.split())
        if command:
            yield Call(command, options_in(own))
        if passed_on:
            yield Call(("run",), options_in(passed_on))


def options_in(words: str) -> tuple[str, ...]:
    return tuple(re.findall(r"(?:^|[\s\[])(--[a-z][a-z-]*)", words))


def options_of(command: tuple[str, ...]) -> set[str]:
    """Return the options of a command, or of all for none."""
    here: click.Command = main
    for name in command:
        assert isinstance(here, click.Group)
        here = here.commands[name]
    within = here.commands if isinstance(here, click.Group) and not command else {}
    own = {"--help", "--version"}.union(*(one.opts + one.secondary_opts for one in here.params))
    return own.union(*(all_options(one) for one in within.values()))


def all_options(command: click.Command) -> set[str]:
    within = command.commands.values() if isinstance(command, click.Group) else ()
    own = {option for one in command.params for option in one.opts + one.secondary_opts}
    return own.union(*(all_options(one) for one in within))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_file_that_a_page_links_to_exists(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_program_that_a_page_starts_exists(path: Path) -> None:
    said = path.read_text(encoding="utf-8")
    modules = re.findall(r"-m\s+((?:scafe|benchmarks)(?:\.\w+)+)", said)
    scripts = re.findall(r"(?:bash|python) \"?(?:\$CLONE/)?((?:docs|benchmarks|packaging)/[\w/.-]+)", said)
    assert [name for name in modules if not is_program(name)] == []
    assert [name for name in scripts if not (ROOT / name).is_file()] == []


def is_program(module: str) -> bool:
    place = ROOT.joinpath(*module.removeprefix("scafe.").split("."))
    return place.with_suffix(".py").is_file() or (place / "__main__.py").is_file()
