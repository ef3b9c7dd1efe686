"""A person at a terminal decides at a gate: what is shown, what is asked, what is recorded."""

from typing import Any

import click

from scafe.agent.nodes.gates import Decision, require_known
from scafe.agent.terminal.terminal import echo
from scafe.knowledge.contract.errors import InputError
from scafe.knowledge.contract.inert import inert

QUESTIONS = {
    "plan": "Are these measurements a fair reading of the criteria?",
    "freeze": "May these features be frozen?",
    "seal": "May the held-out test set be scored now? It can be scored only once.",
}
ANSWERS = {"a": "approve", "m": "modify", "r": "reject"}


def ask_person(asks: dict[str, Any], person: str = "") -> Decision | None:
    """Show what is to be decided and ask; None if the person wants the run to wait."""
    gate = str(asks["gate"])
    for line in shown(asks):
        echo(inert(line), err=True)
    letters = ["a", *(["m"] if gate != "seal" else []), "r", "w"]
    words = ", ".join(f"{letter}={ANSWERS.get(letter, 'wait')}" for letter in letters)
    answer = click.prompt(
        f"{QUESTIONS[gate]} [{words}]", type=click.Choice(letters), show_choices=False, err=True
    )
    if answer == "w":
        return None
    drop = _struck_out(asks) if answer == "m" else ()
    name = click.prompt("Your name, for the record", default=inert(person) or None, err=True)
    meaning = click.prompt("What your name stands for", default="reviewed and approved", err=True)
    return Decision.model_validate(
        {"decision": ANSWERS[answer], "name": name, "meaning": meaning, "drop": drop}
    )


def shown(asks: dict[str, Any]) -> list[str]:
    """Return what is to be decided, as lines."""
    if asks["gate"] == "plan":
        return [f"  {criterion}: {idea}" for criterion, ideas in asks["ideas"].items() for idea in ideas]
    if asks["gate"] == "freeze":
        return [f"  {one['feature']}  ({one['criterion']}, {one['revision']})" for one in asks["features"]]
    return [f"  bundle {asks['bundle']}"]


def _struck_out(asks: dict[str, Any]) -> tuple[str, ...]:
    what = "criteria" if asks["gate"] == "plan" else "features"

    def read(text: str) -> tuple[str, ...]:
        drop = tuple(one.strip() for one in text.split(",") if one.strip())
        try:
            require_known(drop, asks)
        except InputError as error:
            raise click.UsageError(inert(str(error))) from None  # asked again
        return drop

    drop: tuple[str, ...] = click.prompt(f"Comma-separated {what} to strike out", value_proc=read, err=True)
    return drop
