"""The command for many runs at once: seeds × packs × models as a folder of runs."""

import csv
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scafe.agent.terminal.terminal import Terminal, speaks

if TYPE_CHECKING:
    from scafe.agent.terminal.sweeping import Cell, Line, Question

TABLE = "sweep.csv"
OURS = ("--seed", "--model", "--out", "--resume", "--dry-run", "--json", "--log-json")
COLUMNS = (
    "pack",
    "model",
    "seed",
    "status",
    "AUC",
    "95 % CI",
    "development",
    "baseline",
    "features",
    "calls",
    "s",
)


@click.command()
@click.option("--pack", "packs", multiple=True, required=True, help="A criteria pack; again for more.")
@click.option("--model", "models", multiple=True, help="Who drafts; again for more.  [default: builtin]")
@click.option("--seeds", default="1-5", show_default=True, metavar="1-5,8", help="Seeds, one run each.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Its folder.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Runs at a time.")
@click.option("--part", metavar="K/N", help="Only the K-th of N parts of the runs, for a task of an array.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS OF scafe run]")
@speaks
def sweep(
    terminal: Terminal,
    packs: tuple[str, ...],
    models: tuple[str, ...],
    seeds: str,
    out: Path,
    jobs: int,
    part: str | None,
    words: tuple[str, ...],
) -> None:
    """Run every pair of pack, model and seed, and put what came out into one table.

    Each is a run of its own in a folder of --out, with --approve auto unless you say otherwise. Give the
    same command again after a kill, or from several machines that share --out: runs that ended are left as
    they are, others go on, none is begun twice. Ends with a table, also in --out/sweep.csv; exits with 1 if
    a run failed. Options after -- go to `scafe run`.

    \b
    Example:
      scafe sweep --pack scar.vss --seeds 1-5 --out sweeps/scars -- --cohort plain --max-calls 20
      scafe sweep --pack scar.vss --pack scar.posas --out sweeps/two -- --data photos/
    """
    from scafe.agent.terminal.sweeping import Question, keep_question, line_of, part_of, table_of

    question = Question(packs, models or ("builtin",), _seeds(seeds), _checked(words, packs[0]))
    cells = question.cells(out)
    if len({cell.folder for cell in cells}) < len(cells):
        raise click.UsageError("a pack, model or seed is named twice; name each once")
    mine = part_of(cells, *_part(part))
    keep_question(out, question)
    _go_through(terminal, mine, question, jobs)
    lines = [line_of(cell) for cell in cells]
    _write(out / TABLE, table_of(lines))
    terminal.table({"sweep": str(out), "runs": table_of(lines)}, COLUMNS, map(_shown, lines))
    for line in lines:
        if line.status == "failed":
            terminal.say(f"{line.pack}, {line.model}, seed {line.seed}: {line.why}")
    failed = {line.status for cell, line in zip(cells, lines, strict=True) if cell in mine} & {"failed"}
    click.get_current_context().exit(1 if failed else 0)


def _go_through(terminal: Terminal, cells: "list[Cell]", question: "Question", jobs: int) -> None:
    from scafe.agent.terminal.sweeping import go, line_of

    def one(cell: "Cell") -> None:
        if not go(cell, question.words):
            return terminal.say(f"{cell.folder.name}: another process is at it")
        return terminal.say(f"{cell.folder.name}: {line_of(cell).status}")

    with ThreadPoolExecutor(jobs) as threads:
        for done in [threads.submit(one, cell) for cell in cells]:
            done.result()


def _seeds(text: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", part.strip())
        if match is None:
            raise click.BadParameter(f"{part!r}: give numbers and ranges, e.g. 1-5,8", param_hint="--seeds")
        first = int(match[1])
        found += range(first, int(match[2] or first) + 1)
    if not found or len(found) > 10_000:
        raise click.BadParameter(f"{text!r} names {len(found)} seeds; 1 to 10000", param_hint="--seeds")
    return tuple(dict.fromkeys(found))


def _part(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise click.BadParameter(f"{text!r}: give K/N with K from 1 to N, e.g. 3/10", param_hint="--part")
    return int(match[1]), int(match[2])


def _checked(words: tuple[str, ...], pack: str) -> tuple[str, ...]:
    """Return the words for `scafe run`, once they have been read as it reads them."""
    from scafe.agent.cli.run import run

    if taken := [word for word in words if word.split("=")[0] in OURS]:
        raise click.UsageError(f"{taken[0]} is the sweep's own; leave it out of the options of scafe run")
    context = run.make_context("scafe run", [pack, *words])
    if context.params["approve"] == "ask":
        raise click.UsageError("nobody is asked in a sweep; give --approve auto or never, or leave it out")
    return words


def _shown(line: "Line") -> tuple[str, ...]:
    interval = "" if line.low is None or line.high is None else f"{line.low:.3f} to {line.high:.3f}"
    counts = ("" if one is None else str(one) for one in (line.features, line.calls))
    seconds = "" if line.seconds is None else f"{line.seconds:.0f}"
    scores = (_number(line.auc), interval, _number(line.dev_auc), _number(line.baseline_auc))
    return (line.pack, line.model, str(line.seed), line.status, *scores, *counts, seconds)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    from scafe.agent.terminal.spreadsheet import as_text_cell
    from scafe.agent.terminal.whole_file import whole_file

    with whole_file(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(records[0])
        for record in records:
            writer.writerow([as_text_cell(one) if isinstance(one, str) else one for one in record.values()])
