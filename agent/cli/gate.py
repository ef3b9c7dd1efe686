"""Commands by which a person answers a waiting run: a reply to a prompt, a decision to freeze."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scafe.agent.cli.auditing.adopting import trust_endpoint_option
from scafe.agent.cli.auditing.runs import open_run
from scafe.agent.cli.decisions import read_decision
from scafe.agent.cli.options import DECISION_OPTIONS, log_json_option, options, out_option, run_argument
from scafe.agent.cli.run import go_on
from scafe.agent.terminal.terminal import Terminal, speaks

if TYPE_CHECKING:
    from scafe.agent.drafters.mailbox import Waiting
    from scafe.agent.record.run_folder import RunFolder


@click.command()
@run_argument
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@out_option
@speaks
def reply(terminal: Terminal, run: str, file: Path | None, out: str | None) -> None:
    """Give a run of the manual drafter its answer, or list what it asks.

    FILE holds the whole answer as the chat window or the person wrote it. Where several requests wait, its
    name holds the number of the one it answers, e.g. 002.md. `scafe resume RUN` then goes on.

    \b
    Example:
      scafe reply last
      scafe reply last answer.md && scafe resume last
    """
    from scafe.agent.drafters.mailbox import place_reply, waiting_requests
    from scafe.agent.record.adoption import require_ours

    folder = open_run(run, out)
    if file is not None:
        require_ours(folder)
    stored = place_reply(folder.path, file) if file is not None else None
    waiting = waiting_requests(folder.path)
    document: dict[str, Any] = {
        "run": folder.path.name,
        "waiting": [{"number": one.number, "prompt": str(one.prompt)} for one in waiting],
    }
    if stored is not None:
        document["stored"] = str(stored)
    terminal.answer(document, _waiting_in_words(folder, stored, waiting))


@click.command()
@run_argument
@click.option("--name", required=True, help="Who passes the decision on.")
@click.option("--meaning", required=True, help="To whom, and why.")
@out_option
@speaks
def escalate(terminal: Terminal, run: str, name: str, meaning: str, out: str | None) -> None:
    """Pass the decision at a gate on to somebody else.

    The run goes on waiting; who passed it on, to whom and why stands in the trace.

    \b
    Example:
      scafe runs escalate last --name "A. Reader" --meaning "to Dr B: is this rim a fair reading?"
    """
    from scafe.agent.record.escalation import escalate as pass_on

    event = pass_on(open_run(run, out), name, meaning)
    terminal.answer(event.model_dump(mode="json"), f"passed on at the gate {event.gate}; the run waits")


def _waiting_in_words(folder: "RunFolder", stored: Path | None, waiting: Sequence["Waiting"]) -> str:
    """Say what was stored and what still waits: every prompt if only asked, a count after a reply."""
    run, status = folder.path, folder.info().status
    told = [f"stored as {stored.relative_to(run)}"] if stored else []
    if not waiting and status in ("frozen", "no_acceptable_set"):
        told.append(f"no request waits for a reply: the run has ended ({status})")
    elif not waiting:
        told.append(f"no request waits for a reply; go on with `scafe resume {run.name}`")
    elif stored:
        numbers = ", ".join(one.number for one in waiting)
        told.append(f"{len(waiting)} still wait: {numbers}")
    else:
        told.extend(f"waits for a reply: {one.prompt}" for one in waiting)
    return "\n".join(told)


@click.command()
@run_argument
@options(DECISION_OPTIONS)
@trust_endpoint_option
@out_option
@log_json_option
@speaks
def freeze(
    terminal: Terminal, run: str, trust_endpoint: bool, out: str | None, log_json: bool, **decided: Any
) -> None:
    """Approve the features that a run proposes, and freeze them.

    For a run that waits at the gate `freeze`. What is struck out with --drop is recorded with the name.

    \b
    Example:
      scafe freeze last --name "A. Reader"
      scafe freeze last --name "A. Reader" --drop rim_width,halo_area
    """
    from scafe.agent.record.outcome import gate_of

    folder = open_run(run, out)
    info = folder.info()
    if gate_of(info.why) != "freeze":
        raise click.UsageError(
            f"run {info.id} does not wait to be frozen (status: {info.status}; {info.why})."
        )
    go_on(terminal, folder.path, read_decision(decided), log_json, None, trust_endpoint=trust_endpoint)
