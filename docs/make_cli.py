"""Write docs/cli.md from the help of every command; `make pages` runs it, a test holds it current."""

from collections.abc import Iterator
from pathlib import Path

import click

from scafe.agent.cli.main import main

PAGE = Path(__file__).with_name("cli.md")
HEAD = """# The command line

*This page is generated from the commands' own help: `make pages`.*

Results go to stdout; progress and messages go to stderr. `--json` makes stdout exactly one JSON
document, also when a command fails (`{"error": {"kind", "message", "exit_code", "page"}}`). `--quiet`
leaves only the result and errors. `NO_COLOR` is honoured, and what is piped is never coloured.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | finished, but without an acceptable feature set (or, for a check, with findings) |
| 2 | the command or the data cannot be used; the message says where, and the way out |
| 3 | waiting for a person or a reply file; nothing failed |
| 4 | integrity: a stored byte is not what was recorded, or something was about to leave that may not |
| 5 | the model's endpoint failed after its retries, or a cap would be passed |
| 6 | the sandbox failed, or this host cannot hold its walls |
| 70 | a fault of ScaFE itself; the lines above it belong in a report |
| 130 | interrupted |

Settings come from the command line, then `SCAFE_*` variables, then `scafe.toml` in the working directory
(or the file that `SCAFE_CONFIG` names), then defaults. `scafe config show` tells each value and where it
came from. The key of an endpoint is read from `SCAFE_API_KEY` (for api.openai.com also from
`OPENAI_API_KEY`) and from nowhere else.
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(_section(path, command) for path, command in _commands(main, ("scafe",)))


def _commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))


def _section(path: tuple[str, ...], command: click.Command) -> str:
    parent = click.Context(main, info_name=" ".join(path[:-1]), **main.context_settings)
    context = click.Context(command, parent, info_name=path[-1], terminal_width=100)
    level = "#" * min(len(path), 3)
    return f"\n{level} `{' '.join(path)}`\n\n```text\n{command.get_help(context).rstrip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
