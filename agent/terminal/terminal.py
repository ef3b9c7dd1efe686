"""What a person or a program sees of a command: results on stdout, everything else on stderr.

With `--json` stdout carries exactly one JSON document; with `--quiet` stderr carries errors alone.
Nothing here colours what is piped, and NO_COLOR is honoured (rich reads it). All that a command prints goes
through this file, and none of it can steer a terminal: labels, names, packs and replies come from others.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from scafe.knowledge.contract.inert import inert, inert_json, inert_lines

if TYPE_CHECKING:
    from rich.console import Console

PIPED_WIDTH = 200
"""Columns where stdout is no terminal: wide enough that a table's rows stay one line each."""


@dataclass(frozen=True)
class Terminal:
    """How one command speaks."""

    as_json: bool = False
    """stdout carries one JSON document instead of text."""
    is_quiet: bool = False
    """stderr carries errors alone."""

    @property
    def is_interactive(self) -> bool:
        """Whether a person sits in front of it and can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.as_json

    def say(self, text: str) -> None:
        """Tell a person how things go; never part of the result."""
        if not self.is_quiet:
            say_plainly(self.aside(), text)

    def answer(self, document: Any, text: str) -> None:
        """Print the command's result, once: the document as JSON, or the text."""
        echo(render_json(document) if self.as_json else text.rstrip("\n"))

    def answer_each(
        self,
        name: str,
        documents: Iterable[dict[str, Any]],
        text_of: Callable[[dict[str, Any]], str],
        more: Mapping[str, Any],
    ) -> None:
        """Print a result that is a list, one at a time: as JSON under `name`, before `more`, or as texts."""
        if not self.as_json:
            for one in documents:
                echo(text_of(one))
            return
        before = f'{{\n "{name}": ['
        for one in documents:
            echo(before + _indented(render_json(one), 2), ends_line=False)
            before = ","
        rest = "".join(f",\n {json.dumps(key)}: {json.dumps(value)}" for key, value in more.items())
        echo(("" if before == "," else before) + f"\n ]{rest}\n}}")

    def tell_ending(self, document: Any, text: str) -> None:
        """Print a result that is prose; a terminal wraps it between words."""
        if self.as_json or not sys.stdout.isatty():
            return self.answer(document, text)
        from rich.console import Console

        say_plainly(Console(), text)

    def table(self, document: Any, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a result that is a table; `document` is what `--json` prints instead."""
        if self.as_json:
            echo(render_json(document))
        else:
            self._print_table(columns, rows)

    def aside(self) -> "Console":
        """Return the console of stderr."""
        from rich.console import Console

        return Console(stderr=True, width=None if sys.stderr.isatty() else PIPED_WIDTH)

    def _print_table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*columns, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(Text(inert(str(cell))) for cell in row))
        Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def echo(text: str, err: bool = False, ends_line: bool = True) -> None:
    """Print lines on stdout or stderr; a character that a terminal would obey is shown by its code."""
    click.echo(inert_lines(text), nl=ends_line, err=err)


def say_plainly(console: "Console", text: str) -> None:
    """Print text as it is: a terminal wraps it between words, a pipe or a log keeps the line whole."""
    console.print(inert_lines(text), markup=False, highlight=False, soft_wrap=not console.is_terminal)


def render_json(document: Any) -> str:
    """Render one JSON document; keys keep their order, NaN becomes null."""
    plain = _without_nan(document)
    return inert_json(json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False, default=str))


def render_json_line(document: Any) -> str:
    """Render one JSON document on one line, as `--log-json` prints events."""
    return inert_json(json.dumps(document, ensure_ascii=False))


def speaks(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--json` and `--quiet`, and pass it a `Terminal` first."""

    @click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON document on stdout.")
    @click.option("--quiet", "-q", is_flag=True, help="Print no progress, only the result and errors.")
    @wraps(function)
    def command(*args: Any, as_json: bool, quiet: bool, **options: Any) -> Any:
        return function(Terminal(as_json, quiet), *args, **options)

    return command


def _indented(text: str, spaces: int) -> str:
    return "".join(f"\n{' ' * spaces}{line}" for line in text.splitlines())


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {str(key): _without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return value
