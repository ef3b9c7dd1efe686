"""Which page says more: one for every command, named at the end of its help, and one for each kind of fault.

Pages are named as they lie in the repository; `address` alone knows where a reader finds them.
"""

import click

from scafe.knowledge.contract import errors

A_LINE = 100
"""Characters from which a message is longer than a line of a terminal, and names its page."""
COMMANDS = {
    "demo": "tutorials/1-phantom-scars.md",
    "run": "tutorials/2-your-photographs.md",
    "resume": "quickstart.md",
    "reply": "models.md",
    "freeze": "how-to-use-a-bundle-elsewhere.md",
    "runs": "tutorials/5-audit-a-run.md",
    "runs adopt": "models.md",
    "runs export": "reference-formats-of-files.md",
    "runs diff": "how-to-rejected-extractor.md",
    "runs show": "how-to-rejected-extractor.md",
    "runs egress": "about-disclosure.md",
    "report": "how-to-write-the-methods.md",
    "view": "viewer.md",
    "sweep": "scale.md",
    "verify": "tutorials/5-audit-a-run.md",
    "predict": "how-to-use-a-bundle-elsewhere.md",
    "compare": "compare.md",
    "criteria": "criteria-packs.md",
    "criteria validate": "how-to-experts.md",
    "phantoms": "how-to-write-a-phantom.md",
    "data": "data.md",
    "data transfer": "how-to-transfer.md",
    "locate": "how-to-run-without-masks.md",
    "probe": "how-to-read-a-finding.md",
    "doctor": "sandbox.md",
    "doctor model": "tutorials/4-local-model.md",
    "selftest": "about-walls.md",
    "selftest gate": "evaluation.md",
    "config": "reference-settings.md",
}
"""Command -> its page under docs/; one that is not here has the page of its group."""
FAULTS: dict[type[errors.ScafeError], str] = {
    errors.PackError: "criteria-packs.md",
    errors.ContractError: "how-to-read-a-finding.md",
    errors.DatasetError: "data.md",
    errors.SettingsError: "reference-settings.md",
    errors.IntegrityError: "tutorials/5-audit-a-run.md",
    errors.EgressError: "how-to-air-gapped-hospital.md",
    errors.ModelError: "models.md",
    errors.BudgetError: "how-to-choose-the-budget.md",
    errors.SandboxError: "sandbox.md",
}
"""Kind of fault -> the page that helps; a kind that is not here has that of its nearest base, or none."""


def address(page: str) -> str:
    """Return where a reader finds a page."""
    return f"docs/{page}"


def name_pages(group: click.Group, path: tuple[str, ...] = ()) -> None:
    """Write each command's page under its help."""
    for name, command in group.commands.items():
        here = (*path, name)
        command.epilog = f"Page: {address(page_of(here))}"
        if isinstance(command, click.Group):
            name_pages(command, here)


def page_of(path: tuple[str, ...]) -> str:
    """Return the page of a command, or else of the group that it is in, or else the list of commands."""
    names = (" ".join(path[:length]) for length in range(len(path), 0, -1))
    return next((COMMANDS[name] for name in names if name in COMMANDS), "cli.md")


def page_for(fault: BaseException, message: str) -> str | None:
    """Return the page that helps with a fault whose message is longer than a line."""
    if len(message) < A_LINE:
        return None
    return next((FAULTS[kind] for kind in type(fault).__mro__ if kind in FAULTS), None)
