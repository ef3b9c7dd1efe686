"""The `scafe` command: its nouns and verbs, and how a fault becomes a sentence and an exit code.

Each file holds the commands of one noun. Nothing heavy is imported until a command
runs (langgraph, scikit-learn and the model client cost seconds), so `scafe --help` answers at once.

Exit codes: 0 ok · 1 finished without an acceptable set · 2 usage or data · 3 waiting for a person or a
reply · 4 integrity · 5 model provider · 6 sandbox · 70 a fault of ScaFE itself · 130 interrupted.
"""

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click

from scafe.agent.cli.auditing.adopting import adopt
from scafe.agent.cli.auditing.handing_on import export, sign
from scafe.agent.cli.auditing.reporting import report
from scafe.agent.cli.auditing.runs import runs
from scafe.agent.cli.auditing.view import view
from scafe.agent.cli.bundle import predict, verify
from scafe.agent.cli.compare import compare
from scafe.agent.cli.criteria import criteria, probe
from scafe.agent.cli.data import data, locate
from scafe.agent.cli.gate import escalate, freeze, reply
from scafe.agent.cli.host import config, doctor
from scafe.agent.cli.pages import PREFIX, address, command_of, name_pages, page_for
from scafe.agent.cli.phantoms import phantoms
from scafe.agent.cli.run import demo, resume, run
from scafe.agent.cli.selftest import selftest
from scafe.agent.cli.sweep import sweep
from scafe.agent.terminal.terminal import echo, render_json
from scafe.knowledge.contract.errors import ScafeError

FAULT_OF_SCAFE = 70
INTERRUPTED = 130
HOST_FAULTS = {
    errno.ENOSPC: "the disk is full; make room or choose another place, then try again",
    errno.EDQUOT: "the disk quota is used up; make room or choose another place, then try again",
    errno.EROFS: "the file system is read-only; choose another place",
    errno.EACCES: "permission denied; change the rights or choose another place",
    errno.EPERM: "permission denied; change the rights or choose another place",
    errno.ENOENT: "no such file or folder; check the path",
    errno.EEXIST: "something stands there already; choose another place",
    errno.EISDIR: "a folder stands where a file is expected; name a file in it",
    errno.ENOTDIR: "a file stands where a folder is expected; name its folder",
    errno.ENAMETOOLONG: "the name is too long; shorten it",
    errno.EFBIG: "the file would pass the size limit; raise it (ulimit -f)",
}
"""Faults of the host that a person can mend, with the way out."""


class Scafe(click.Group):
    """The root: every fault leaves through `main`, as one sentence and one exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List commands in the order of the work, not of the alphabet."""
        return list(self.commands)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run the command line and exit with its code."""
        given = list(sys.argv[1:] if args is None else args)
        try:
            with _warnings_as_sentences(is_quiet=not {"-q", "--quiet"}.isdisjoint(given)):
                code = super().main(given, prog_name or "scafe", complete_var, standalone_mode=False, **extra)
        except (click.ClickException, click.Abort, ScafeError, OSError) as fault:
            sys.exit(_tell(fault, command_of(self, given), "--json" in given))
        except Exception as fault:
            echo(traceback.format_exc(), err=True)
            sys.exit(_tell(fault, command_of(self, given), "--json" in given))
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=Scafe, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="scafe", message="%(prog)s %(version)s")
def main() -> None:
    """Turn clinical criteria into image features you can read, test and cite.

    \b
    Start here:
      scafe demo                          the whole method on synthetic scars, no key, no network
      scafe run scar.vss --data photos/   the same on your own images
      scafe runs list                     what was run, and how it ended
    """


runs.add_command(adopt)
runs.add_command(escalate)
runs.add_command(sign)
runs.add_command(export)
for command in (
    demo,
    run,
    resume,
    reply,
    freeze,
    runs,
    report,
    view,
    verify,
    predict,
    compare,
    criteria,
    phantoms,
    data,
    locate,
    probe,
    doctor,
    sweep,
    selftest,
    config,
):
    main.add_command(command)
name_pages(main)


def _tell(fault: BaseException, command: tuple[str, ...], as_json: bool) -> int:
    message, code = _sentence(fault)
    page = page_for(fault, message, command)
    where = None if page is None else address(page)
    echo(f"{PREFIX}{message}" + ("" if where is None else f" (more: {where})"), err=True)
    if as_json:
        error = {"kind": type(fault).__name__, "message": message, "exit_code": code, "page": where}
        _print_last(render_json({"error": error}))
    return code


@contextmanager
def _warnings_as_sentences(is_quiet: bool) -> Iterator[None]:
    """Say a variable that nothing reads once, as a sentence without the line of code that found it."""
    from scafe.agent.settings.unread import UnreadWarning

    with warnings.catch_warnings():
        show = warnings.showwarning

        def say(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, UnreadWarning):
                show(message, category, filename, lineno, file, line)
            elif not is_quiet:
                echo(f"scafe: warning: {message}", err=True)

        warnings.simplefilter("once", UnreadWarning)
        warnings.showwarning = say
        yield


def _print_last(text: str) -> None:
    try:
        echo(text)
    except OSError:  # stdout itself is the full disk: keep Python from flushing it again at exit
        sys.stdout = Path(os.devnull).open("w")


def _sentence(fault: BaseException) -> tuple[str, int]:
    if isinstance(fault, ScafeError):
        return str(fault), fault.exit_code
    if isinstance(fault, click.UsageError) and fault.ctx is not None:
        return f"{fault.format_message()} See `{fault.ctx.command_path} --help`.", 2
    if isinstance(fault, click.ClickException):
        return fault.format_message(), 2
    if isinstance(fault, click.Abort):
        return "interrupted", INTERRUPTED
    if isinstance(fault, OSError) and fault.errno in HOST_FAULTS:
        where = f"{fault.filename}: " if fault.filename else ""
        return f"{where}{HOST_FAULTS[fault.errno]}", 2
    if type(fault).__module__ == "sqlite3" and "full" in str(fault):  # the checkpoints' own word for ENOSPC
        return HOST_FAULTS[errno.ENOSPC], 2
    return f"a fault of ScaFE itself ({type(fault).__name__}: {fault}); please report the lines above", 70


if __name__ == "__main__":
    main()
