"""Commands about the machine and its configuration."""

import click

from scafe.agent.terminal import Terminal, speaks


@click.group()
def config() -> None:
    """Show the configuration.

    \b
    Example:
      scafe config show
    """


@config.command("show")
@speaks
def show_config(terminal: Terminal) -> None:
    """Show every setting, its value and where the value came from.

    The command line wins over SCAFE_* variables, these over scafe.toml, and that over the defaults.

    \b
    Example:
      SCAFE_SEED=7 scafe config show
      scafe config show --json | jq .seed.origin
    """
    from scafe.agent.settings import load_settings

    shown = load_settings().shown()
    terminal.table(
        shown,
        ("setting", "value", "origin"),
        ((key, _plain(one["value"]), one["origin"]) for key, one in shown.items()),
    )


def _plain(value: object) -> str:
    return "-" if value in (None, "") else str(value)
