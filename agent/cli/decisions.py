"""A person decides at a gate from the command line: what was typed becomes a decision with a name."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from scafe.agent.nodes.gates import Decision


def read_decision(decided: dict[str, Any]) -> "Decision":
    """Read the options of a decision; the name may come from the setting `person`."""
    from scafe.agent.nodes.gates import decide
    from scafe.agent.settings.settings import load_settings

    name = decided["name"] or load_settings().settings.person
    if not name:
        raise click.UsageError("A decision needs --name: who decides is recorded.")
    drop = tuple(one.strip() for one in (decided["drop"] or "").split(",") if one.strip())
    return decide(name, decided["meaning"] or "", drop, decided["reject"])
