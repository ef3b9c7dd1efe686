"""The report of a finished run, and the methods paragraph that a paper needs."""

from typing import TYPE_CHECKING, Any

import click

from scafe.agent.cli.auditing.runs import open_run
from scafe.agent.cli.options import out_option, run_argument
from scafe.agent.terminal.terminal import Terminal, speaks

if TYPE_CHECKING:
    from scafe.agent.record.run_folder import RunFolder

METHODS = "scafe.evals.processes.methods"


@click.command()
@run_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html"]),
    default="md",
    show_default=True,
    help="Which form of the report to print.",
)
@click.option(
    "--methods",
    is_flag=True,
    help="Print a methods section for a paper with filled TRIPOD+AI and CLAIM tables, not the report.",
)
@out_option
@speaks
def report(terminal: Terminal, run: str, form: str, methods: bool, out: str | None) -> None:
    """Print the report of a finished run.

    With --methods, sentences for a paper that quote what the run recorded, with their sources. What no
    run can know (recruitment, how labels were made, ethics) stands there as `not known to ScaFE`.

    \b
    Example:
      scafe report last
      scafe report last --format html > report.html
      scafe report last --methods > methods.md
    """
    folder = open_run(run, out)
    if methods:
        if form != "md":
            raise click.UsageError("--methods is written in Markdown alone; leave --format out.")
        return _methods(terminal, folder)
    return _report(terminal, folder, form)


def _report(terminal: Terminal, folder: "RunFolder", form: str) -> None:
    from scafe.agent.record.run_folder import MOST_TEXT_BYTES
    from scafe.knowledge.contract.inside import read_inside
    from scafe.knowledge.contract.plain_json import read_json

    paths = {kind: folder.path / f"report.{kind}" for kind in ("json", form)}
    if not all(path.is_file() for path in paths.values()):
        _refuse_report(folder)
    data, shown = (read_inside(folder.path, path.name, MOST_TEXT_BYTES) for path in paths.values())
    terminal.answer(read_json(data, str(paths["json"])), shown.decode("utf-8", "replace"))


def _methods(terminal: Terminal, folder: "RunFolder") -> None:
    import json

    from scafe.agent.terminal.offline import ask_offline

    report = folder.path / "report.json"
    if not report.is_file() or not folder.frozen.is_dir():
        _refuse_report(folder)
    facts = json.dumps(facts_of(folder))
    answer = ask_offline(terminal, METHODS, str(folder.frozen), str(report), "--facts", facts)
    terminal.answer(answer.document["methods"], answer.document["markdown"].rstrip("\n"))


def facts_of(folder: "RunFolder") -> dict[str, Any]:
    """Return what the trace says of a run, as `evals/report/methods.py` asks for it."""
    from scafe.agent.record.events import (
        Approval,
        BenchOpened,
        Revised,
        RoundAssessed,
        RunStarted,
        Scored,
        SealOpened,
        read_event,
    )
    from scafe.agent.record.trace import EVENTS, read_lines

    info = folder.info()
    facts: dict[str, Any] = {
        "run": info.id,
        "version": str(info.versions.get("scafe", "")),
        "drafter": str(info.config.get("model", "")),
        "endpoint": str(info.config.get("base_url") or "https://api.openai.com/v1"),
        "rounds": 0,
        "revisions": 0,
        "approvals": [],
    }
    pooled: set[tuple[str, int]] = set()
    for line in read_lines(folder.path / EVENTS):
        match read_event(line):
            case RunStarted() as one:
                facts |= {"search": one.search, "seed": one.seed}
            case BenchOpened() as one:
                facts |= {"queries": one.queries, "tier": one.host.get("tier", "")}
            case RoundAssessed() as one if one.round > 0:
                facts["rounds"] += 1
            case Revised():
                facts["revisions"] += 1
            case Scored() as one if one.pooled:
                pooled.add((one.criterion, one.number))
            case Approval() as one:
                facts["approvals"].append((one.gate, one.name))
            case SealOpened() as one:
                facts["opened"] = one.model_dump(mode="json", exclude={"kind"})
            case _:
                pass
    return {**facts, "pooled": len(pooled)}


def _refuse_report(folder: "RunFolder") -> None:
    from scafe.knowledge.contract.errors import InputError

    info = folder.info()
    raise InputError(
        f"run {info.id} has no report yet (status: {info.status}); finish it with `scafe resume {info.id}`"
    )
