"""The command that shows runs in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scafe.agent.cli.auditing.runs import open_run, runs_folder
from scafe.agent.cli.options import out_option
from scafe.agent.terminal.terminal import Terminal, speaks

if TYPE_CHECKING:
    from scafe.agent.view.reading.shelf import Shelf


@click.command()
@click.argument("what", required=False, metavar="[RUNS_FOLDER|RUN]")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1.  [default: a free one]"
)
@click.option("--open", "is_opened", is_flag=True, help="Open the address in this machine's browser.")
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="HOST:PORT",
    help="Another Host header to allow, for a forwarded port (ssh -L 9000:localhost:PORT: localhost:9000).",
)
@click.option(
    "--signers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of allowed signers, as git and ssh-keygen(1) read it: shows who signed a run.",
)
@out_option
@speaks
def view(
    terminal: Terminal,
    what: str | None,
    port: int,
    is_opened: bool,
    hosts: tuple[str, ...],
    signers: Path | None,
    out: str | None,
) -> None:
    """Show runs in a browser: revisions, findings, what was sent, who decided, what was changed.

    Serves on this machine alone, from the runs' own files, to who has the printed address. Nothing is loaded
    from elsewhere, and no image of a patient is shown. Ctrl-C ends it.

    \b
    Example:
      scafe view --open
      scafe view last
      scafe view runs/reference --port 8765
    """
    from scafe.agent.view.server import open_door, serve

    shelf = _shelf(what, out)
    door = open_door(port, hosts)
    terminal.say(f"showing {shelf.root}; the address lets in who has it; Ctrl-C ends")
    terminal.answer({"url": door.address}, door.address)
    serve(door, shelf, lambda: _open(door.address) if is_opened else None, signers)


def _shelf(what: str | None, out: str | None) -> "Shelf":
    """Return the folder of runs that was named, or the one run."""
    from scafe.agent.record.run_folder import RUN_FILE
    from scafe.agent.view.reading.shelf import Shelf
    from scafe.knowledge.contract.errors import InputError

    if what is None or (Path(what).is_dir() and not (Path(what) / RUN_FILE).is_file()):
        root = runs_folder(out) if what is None else Path(what)
        if not root.is_dir():
            raise InputError(f"{root}: no folder of runs; `scafe demo` makes one, or name another")
        return Shelf(root.resolve())
    path = open_run(what, out).path
    return Shelf(path.parent, only=path.name)


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
