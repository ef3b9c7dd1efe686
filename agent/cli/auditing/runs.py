"""Commands that read a run: what was done, what changed, what was sent, and whether it is still so."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scafe.agent.cli.options import out_option, run_argument
from scafe.agent.terminal.terminal import Terminal, speaks

if TYPE_CHECKING:
    from scafe.agent.record.revisions import Revision
    from scafe.agent.record.run_folder import RunFolder, RunInfo
    from scafe.agent.terminal.progress import Standing

NOT_RUNNING = ("frozen", "no_acceptable_set", "waiting", "interrupted")
POLL_S = 0.5
ABANDONED_S = 30.0
"""A run that writes nothing for so long is asked whether a process still holds it."""


@click.group()
def runs() -> None:
    """List, show and check runs.

    RUN is a path, a name, a part of a name that fits one run only, or `last`.

    \b
    Example:
      scafe runs show last
    """


@runs.command("list")
@out_option
@speaks
def list_(terminal: Terminal, out: str | None) -> None:
    """List every run, oldest first.

    \b
    Example:
      scafe runs list
      scafe runs list --json | jq -r '.[] | select(.status == "frozen").id'
    """
    from scafe.agent.record.run_folder import list_runs

    found = list_runs(runs_folder(out))
    if not found and not terminal.as_json:
        terminal.say(f"no runs in {runs_folder(out)} yet; `scafe demo` makes one")
    terminal.table(
        [info.model_dump(mode="json") for info in found],
        ("run", "status", "started", "pack", "model", "seed"),
        (
            (one.id, one.status, one.started, one.config.get("pack"), one.config.get("model"), one.seed)
            for one in found
        ),
    )


@runs.command()
@run_argument
@out_option
@speaks
def show(terminal: Terminal, run: str, out: str | None) -> None:
    """Show where a run stands and every revision it made.

    \b
    Example:
      scafe runs show last
    """
    from scafe.agent.record.revisions import list_revisions

    folder = open_run(run, out)
    info, standing, revisions = folder.info(), standing_of(folder), list_revisions(folder)
    document = {
        **info.model_dump(mode="json"),
        "path": str(folder.path),
        "phase": standing.phase,
        "pool": {criterion: list(names) for criterion, names in standing.pooled.items() if names},
        "gates": dict(standing.gates),
        "calls": standing.calls,
        "tokens": standing.tokens,
        "revisions": [_revision_head(one) for one in revisions],
    }
    terminal.answer(document, _run_in_words(folder, info, standing, revisions))


@runs.command()
@run_argument
@click.argument("before")
@click.argument("after")
@out_option
@speaks
def diff(terminal: Terminal, run: str, before: str, after: str, out: str | None) -> None:
    """Show what changed from one revision to another.

    A unified diff of the two sources, then what changed in verdict and score. BEFORE and AFTER are
    names such as border/r003, or r003 where only one criterion has it.

    \b
    Example:
      scafe runs diff last vascularity/r001 vascularity/r002
    """
    from scafe.agent.record.revisions import diff_revisions

    found = diff_revisions(open_run(run, out), before, after)
    told = "".join(f"\n{line}" for line in found.changes) or "\nnothing changed in verdict or score"
    terminal.answer(found.model_dump(mode="json"), (found.unified or "the sources are equal\n") + told)


@runs.command()
@run_argument
@click.option(
    "--signers",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of allowed signers, as git and ssh-keygen(1) read it: the run must be signed by one of them.",
)
@out_option
@speaks
def verify(terminal: Terminal, run: str, signers: Path | None, out: str | None) -> None:
    """Check that a run is what it was when it was sealed.

    The chain of its events, the files that they name and, once it is finished, the hash of every file.
    Exits with 4 if anything was changed, added, or is a link. `bash docs/verify.sh RUN_FOLDER` does the
    same for chain and hashes without ScaFE.

    \b
    Example:
      scafe runs verify last
      scafe runs verify last --signers ~/.ssh/allowed_signers
    """
    from scafe.agent.record.seal import verify_run
    from scafe.agent.record.signature import check_signature

    folder = open_run(run, out).path
    check = verify_run(folder)
    signed = check_signature(folder, signers.expanduser()) if signers else None
    if signed is not None and signed.fault:
        check = check.model_copy(update={"faults": (*check.faults, signed.fault)})
    seal = f"sealed, {check.files} files" if check.sealed else "not sealed: the run is not finished"
    chain = f"head {check.head}" if check.head else f"the chain breaks after line {check.events}"
    head = f"{check.run}: {check.events} events, {seal}; {chain}"
    head += f"; signed by {signed.by}" if signed and signed.by else ""
    document = {**check.model_dump(mode="json"), "ok": check.ok}
    if signed is not None:
        document["signed_by"] = signed.by or None
    terminal.answer(document, "\n".join([head, *(f"  {fault}" for fault in check.faults or ("unchanged",))]))
    if not check.ok:
        click.get_current_context().exit(4)


@runs.command()
@run_argument
@click.option("--raw", is_flag=True, help="Print the bodies byte for byte, nothing folded.")
@out_option
@speaks
def egress(terminal: Terminal, run: str, raw: bool, out: str | None) -> None:
    """Print what was sent to a model, or given to a person, one message after the other.

    A part that was printed before is folded into a line that says where it stands; --raw and --json hold
    every byte. With the built-in drafter nothing is sent.

    \b
    Example:
      scafe runs egress last | less
      scafe runs egress last --raw
      scafe runs egress last --json | jq '[.[].bytes] | add'
    """
    from scafe.agent.egress.sent import list_sent
    from scafe.agent.terminal.letters import readable

    found = list_sent(open_run(run, out).path)
    texts = (f"=== {one.head}\n{one.body}" for one in found) if raw else readable(found)
    told = "\n\n".join(texts)
    total = sum(one.bytes for one in found)
    terminal.say(f"{len(found)} bodies, {total} bytes" if found else "nothing was sent to a model")
    terminal.answer([one.model_dump(mode="json") for one in found], told)


@runs.command()
@run_argument
@out_option
@speaks
def watch(terminal: Terminal, run: str, out: str | None) -> None:
    """Follow a run that another process is working on.

    Shows what happened so far, then what happens, and ends with the run. Ctrl-C ends the watching alone.

    \b
    Example:
      scafe runs watch last
    """
    from scafe.agent.terminal.progress import Progress, caps_of

    folder = open_run(run, out)
    with Progress(terminal, caps_of(folder.info().config)) as progress:
        for line in _follow(folder):
            progress.tell(line)
    info = folder.info()
    why = (
        info.why
        if info.status in NOT_RUNNING
        else f"no process works on it; `scafe resume {info.id}` goes on"
    )
    terminal.answer(info.model_dump(mode="json"), f"{info.id}: {info.status}" + (f" ({why})" if why else ""))


def runs_folder(out: str | None) -> Path:
    """Return the folder that run folders are in: as typed, else as configured."""
    from scafe.agent.settings.settings import load_settings

    return load_settings({"out": out} if out else {}).settings.out


def open_run(name: str, out: str | None) -> "RunFolder":
    """Open a run by path, name, part of its name, or `last`."""
    from scafe.agent.record.run_folder import find_run

    return find_run(runs_folder(out), name)


def standing_of(folder: "RunFolder") -> "Standing":
    """Return where a run stands, read from its events."""
    from scafe.agent.record.evidence import sound_lines
    from scafe.agent.record.trace import EVENTS, read_lines
    from scafe.agent.terminal.progress import Standing, advance

    standing, path = Standing(), folder.path / EVENTS
    for line in sound_lines(read_lines(path), path) if path.exists() else ():
        standing = advance(standing, line)
    return standing


def _follow(folder: "RunFolder") -> Iterator[dict[str, Any]]:
    """Yield events as they are written, until the run ends, pauses or is left alone."""
    from scafe.agent.record.evidence import sound_lines
    from scafe.agent.record.trace import EVENTS, parse_line

    offset, idle, path = 0, 0.0, folder.path / EVENTS
    while True:
        status = folder.info().status  # before the events: what is written later is read next time
        data = _bytes_from(path, offset)
        whole = data[: data.rfind(b"\n") + 1]
        offset += len(whole)
        yield from sound_lines((parse_line(one, str(path)) for one in whole.split(b"\n") if one), path)
        idle = 0.0 if whole else idle + POLL_S
        if not whole and (status in NOT_RUNNING or (idle >= ABANDONED_S and not _is_held(folder))):
            return
        if not whole:
            time.sleep(POLL_S)


def _bytes_from(path: Path, offset: int) -> bytes:
    from scafe.agent.record.trace import bytes_of

    return bytes_of(path)[offset:] if path.exists() else b""


def _is_held(folder: "RunFolder") -> bool:
    from scafe.knowledge.contract.errors import InputError

    try:
        with folder.locked():
            return False
    except InputError:
        return True


def _revision_head(revision: "Revision") -> dict[str, object]:
    return {
        "name": revision.name,
        "operator": revision.operator,
        "standing": revision.standing,
        "gate": revision.card.gate if revision.card else None,
        "reasons": list(revision.reasons),
        "sha256": revision.sha256,
    }


def _run_in_words(
    folder: "RunFolder", info: "RunInfo", standing: "Standing", revisions: tuple["Revision", ...]
) -> str:
    pool = [f"  {criterion}: {', '.join(names)}" for criterion, names in standing.pooled.items() if names]
    made = [
        f"  {one.name}  {one.operator}  {one.standing}"
        + (f"  gate {one.card.gate}" if one.card else "")
        + (f"  ({', '.join(one.reasons)})" if one.reasons else "")
        for one in revisions
    ]
    return "\n".join(
        [
            f"{info.id}: {info.status}" + (f" ({info.why})" if info.why else ""),
            f"  folder {folder.path}",
            f"  pack {info.config.get('pack')}, model {info.config.get('model')}, seed {info.seed}",
            f"  phase {standing.phase}; {standing.calls} replies, {standing.tokens} tokens",
            f"pool: {standing.features} features",
            *pool,
            f"revisions: {len(revisions)}",
            *made,
        ]
    )
