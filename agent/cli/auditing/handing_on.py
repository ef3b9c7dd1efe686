"""Commands that hand a run on: signed by a person, or written for another tool."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scafe.agent.cli.auditing.runs import open_run
from scafe.agent.cli.options import out_option, run_argument
from scafe.agent.terminal.terminal import Terminal, speaks

if TYPE_CHECKING:
    from scafe.agent.exports.whole_run import WholeRun

FORMATS = ("csv", "parquet", "git", "ro-crate", "otlp", "mlflow")


@click.command()
@run_argument
@click.option(
    "--key",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Private ssh key, or a public one whose private half an agent holds.",
)
@out_option
@speaks
def sign(terminal: Terminal, run: str, key: Path, out: str | None) -> None:
    """Sign a finished run with an ssh key.

    Signs the seal, which holds the head of the trace and the hash of every file, and writes SEAL.json.sig
    beside it. Nothing leaves this machine. `scafe runs verify RUN --signers FILE` checks it.

    \b
    Example:
      scafe runs sign last --key ~/.ssh/id_ed25519
    """
    from scafe.agent.record.signature import sign_run

    folder = open_run(run, out).path
    path = sign_run(folder, key.expanduser())
    terminal.answer({"run": folder.name, "signature": str(path)}, f"signed: {path}")


@click.command()
@run_argument
@click.option("--to", "form", required=True, type=click.Choice(FORMATS), help="For which tool.")
@click.option(
    "--into",
    help="Folder or file to write, which must not be there yet; for mlflow also http://127.0.0.1:PORT.  "
    "[default: RUN-FORMAT here]",
)
@out_option
@speaks
def export(terminal: Terminal, run: str, form: str, into: str | None, out: str | None) -> None:
    """Write a run for another tool.

    csv, parquet: events, revisions and features as flat tables. git: one commit for each revision. ro-crate:
    a Process Run Crate over the run's files. otlp: spans as OTLP/JSON, without prompts and replies. mlflow:
    parameters, metrics and artifacts. A damaged run is refused; parquet, ro-crate and mlflow need the extra
    of that name.

    \b
    Example:
      scafe runs export last --to git --into history
      scafe runs export last --to mlflow --into mlruns
    """
    from scafe.agent.exports.whole_run import read_whole

    folder = open_run(run, out)
    place = into or f"{folder.path.name}-{form}" + (".json" if form == "otlp" else "")
    written = _write(read_whole(folder), form, place)
    terminal.answer({"run": folder.path.name, "to": form, "written": written}, "\n".join(written))


def _write(run: "WholeRun", form: str, place: str) -> list[str]:
    if form == "mlflow":
        from scafe.agent.exports.mlflow_run import write_mlflow

        return [f"run {name} in {place}" for name in write_mlflow(run, place)]
    return [str(path) for path in _writer(form)(run, Path(place))]


def _writer(form: str) -> Any:
    from scafe.agent.exports import crate, git_history, spans, tables

    return {
        "csv": tables.write_csv,
        "parquet": tables.write_parquet,
        "git": git_history.write_git,
        "ro-crate": crate.write_crate,
        "otlp": spans.write_otlp,
    }[form]
