"""A person decides at a gate from the command line: what was typed becomes a decision with a name."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from scafe.agent.nodes.gates import Decision


def read_decision(decided: dict[str, Any]) -> "Decision":
    """Read the options of a decision; the name may come from the setting `person`."""
    from scafe.agent.nodes.gates import Decision
    from scafe.agent.settings.settings import load_settings

    name = decided["name"] or load_settings().settings.person
    if not name:
        raise click.UsageError("A decision needs --name: who decides is recorded.")
    drop = tuple(one.strip() for one in (decided["drop"] or "").split(",") if one.strip())
    verb = "reject" if decided["reject"] else "modify" if drop else "approve"
    meaning = {"meaning": decided["meaning"]} if decided["meaning"] else {}
    return Decision.model_validate({"decision": verb, "name": name, "drop": drop, **meaning})


def gate_of(why: str) -> str | None:
    """Return the gate that a run waits at, from what its head says."""
    _, found, rest = why.partition("at the gate '")
    return rest.partition("'")[0] if found else None
