"""Which page says more: one for every command, named at the end of its help, and one for every long message.

A message longer than a line names the page of the option or format that it speaks of, else that of its
kind of fault, else that of the command that failed: no long message is without one. Pages are named as
they lie in the repository; `address` alone knows where a reader finds them.
"""

import re
from collections.abc import Sequence

import click

from scafe.knowledge.contract import errors

PREFIX = "scafe: "
"""What stands before every message on stderr."""
A_LINE = 100
"""Characters of a line of a terminal; a message that does not fit, its prefix included, names its page."""
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
FAULTS: dict[type[BaseException], str] = {
    errors.PackError: "criteria-packs.md",
    errors.ContractError: "how-to-read-a-finding.md",
    errors.DatasetError: "data.md",
    errors.SettingsError: "reference-settings.md",
    errors.WaitingError: "models.md",
    errors.IntegrityError: "tutorials/5-audit-a-run.md",
    errors.EgressError: "how-to-air-gapped-hospital.md",
    errors.ModelError: "models.md",
    errors.BudgetError: "how-to-choose-the-budget.md",
    errors.SandboxError: "sandbox.md",
    OSError: "how-to-disk-and-rights.md",
}
"""Kind of fault -> the page that helps; a kind that is not here has that of its nearest base, or none."""
UNFORESEEN = "reference-exit-codes.md"
"""What to report of a fault that is ScaFE's own."""
SPOKEN_OF = {
    "--cache": "scale.md",
    "--checkpoints": "scale.md",
    "--cluster": "scale.md",
    "--companion": "how-to-companion.md",
    "--dp-epsilon": "about-disclosure.md",
    "--feedback": "how-to-choose-the-budget.md",
    "--locator": "how-to-run-without-masks.md",
    "--networks": "compare.md",
    "--ordinal": "evaluation.md",
    "--peers": "compare.md",
    "--text-column": "compare.md",
    "DICOM": "how-to-read-dicom-and-nifti.md",
    "NIfTI": "how-to-read-dicom-and-nifti.md",
}
"""Word in a message -> the page about it; of several words the first in the message counts."""


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


def command_of(group: click.Group, words: Sequence[str]) -> tuple[str, ...]:
    """Return the command that words of a command line name: `("runs", "show")` of `runs show last --json`."""
    name = next((word for word in words if not word.startswith("-")), "")
    command = group.commands.get(name)
    if command is None:
        return ()
    rest = words[words.index(name) + 1 :]
    return (name, *(command_of(command, rest) if isinstance(command, click.Group) else ()))


def page_for(fault: BaseException, message: str, command: tuple[str, ...] = ()) -> str | None:
    """Return the page that a message still has to name: one if it is longer than a line, or none.

    Parameters
    ----------
    fault : BaseException
    message : str
        What is told of it, without the prefix.
    command : tuple of str
        The command that failed.
    """
    if len(PREFIX + message) <= A_LINE and "\n" not in message:
        return None
    unforeseen = not isinstance(fault, (errors.ScafeError, click.ClickException, OSError))
    page = UNFORESEEN if unforeseen else _spoken_of(message) or _of_kind(fault) or page_of(command)
    return None if address(page) in message else page


def _spoken_of(message: str) -> str | None:
    known = "|".join(SPOKEN_OF)
    # Alone: no part of a path or of a longer word.
    found = re.search(rf"(?<![\w/.-])({known})(?![\w/.-])", message)
    return SPOKEN_OF[found[0]] if found else None


def _of_kind(fault: BaseException) -> str | None:
    return next((FAULTS[kind] for kind in type(fault).__mro__ if kind in FAULTS), None)
