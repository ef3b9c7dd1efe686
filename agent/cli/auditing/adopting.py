"""Taking over a run that somebody else started: what it names is shown before it is used."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scafe.agent.cli.auditing.runs import open_run
from scafe.agent.cli.options import out_option, run_argument
from scafe.agent.terminal.terminal import Terminal, echo, speaks
from scafe.knowledge.contract.inert import inert

if TYPE_CHECKING:
    from scafe.agent.record.adoption import Trust
    from scafe.agent.record.run_folder import RunFolder

trust_endpoint_option = click.option(
    "--trust-endpoint",
    is_flag=True,
    help="Go on with a run of somebody else's that names nothing of its own but an endpoint.",
)


@click.command()
@run_argument
@click.option("--dry-run", is_flag=True, help="Only list what the run names.")
@out_option
@speaks
def adopt(terminal: Terminal, run: str, dry_run: bool, out: str | None) -> None:
    """Take over a run that was started elsewhere.

    Lists what the run would use if it went on: the endpoint that gets the key, the files that are read and
    written, the sandbox. A run that was not started by you on this machine can be read, verified and
    replayed; only an adopted one goes on. What you adopted is kept outside of the run folder. Its bench/
    folder and checkpoints are removed and made again: nothing says that they are true.

    \b
    Example:
      scafe runs adopt last --dry-run
      scafe runs adopt /mnt/share/20261121T231000Z-scar-vss-7f3a
    """
    from scafe.agent.record.adoption import adopt as take_over
    from scafe.agent.record.adoption import is_known, names_of, require_plain_files

    folder = open_run(run, out)
    require_plain_files(folder)
    was_known = is_known(folder)
    names = [{"what": one.what, "value": one.value} for one in names_of(folder.info())]
    told = [inert(f"  {one['what']} {one['value']}") for one in names] or ["  nothing outside its folder"]
    if terminal.is_interactive and not dry_run and not was_known:
        echo("\n".join([f"{inert(folder.path.name)} names:", *told]), err=True)
        click.confirm("Go on with this run on this machine?", abort=True, err=True)
    kept: Path | None = None if dry_run or was_known else take_over(folder)
    head = f"{inert(folder.path.name)}: " + _outcome(was_known, kept)
    document = {
        "run": folder.path.name,
        "names": names,
        "known": was_known or kept is not None,
        "record": str(kept) if kept else None,
    }
    terminal.answer(document, "\n".join([head, *told]))


def _outcome(was_known: bool, kept: Path | None) -> str:
    if was_known:
        return "known already; it names"
    return "adopted, bench/ and checkpoints removed; it names" if kept else "not adopted; it names"


def trust_of(terminal: Terminal, folder: "RunFolder", trust_endpoint: bool) -> "Trust":
    """Return how far a run may be followed; ask a person at a terminal who has not said."""
    from scafe.agent.record.adoption import adopt as take_over
    from scafe.agent.record.adoption import is_known, names_of

    if is_known(folder):
        return "known"
    names = names_of(folder.info())
    if trust_endpoint:
        for one in names:
            terminal.say(inert(f"{one.what} {one.value}"))
        return "endpoint"
    if terminal.is_interactive:
        told = [f"{inert(folder.path.name)} was not started by you on this machine. It names:"]
        told += [inert(f"  {one.what} {one.value}") for one in names]
        echo("\n".join(told), err=True)
        if click.confirm("Go on with it?", err=True):
            take_over(folder)
    return "known"
