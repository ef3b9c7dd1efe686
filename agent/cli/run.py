"""Commands that make a run go: begin, go on, answer, decide."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from scafe.agent.cli.auditing.adopting import trust_endpoint_option, trust_of
from scafe.agent.cli.auditing.runs import open_run, standing_of
from scafe.agent.cli.decisions import read_decision
from scafe.agent.cli.options import (
    BUDGET_OPTIONS,
    CLASSIFIER_OPTIONS,
    COLUMN_OPTIONS,
    DECISION_OPTIONS,
    FLAVOURS,
    MODEL_OPTIONS,
    RUN_HOST_OPTIONS,
    SEARCH_OPTIONS,
    log_json_option,
    mask_label_option,
    options,
    out_option,
    phantoms_fit_option,
    run_argument,
)
from scafe.agent.terminal.terminal import Terminal, echo, render_json_line, speaks
from scafe.knowledge.contract.masks import MaskMethod

if TYPE_CHECKING:
    from scafe.agent.nodes.gates import Decision
    from scafe.agent.record.outcome import RunOutcome
    from scafe.agent.settings.run_config import RunConfig
    from scafe.agent.terminal.progress import Standing
    from scafe.sandbox.probes.ranges import Range

Listener = Callable[[dict[str, Any]], None]


@click.command()
@options(SEARCH_OPTIONS[:1])
@click.option(
    "--flavour",
    type=click.Choice(FLAVOURS),
    default="plain",
    show_default=True,
    help="Cohort: overlapping classes, no difference at all, or a shortcut to fall for.",
)
@out_option
@options(RUN_HOST_OPTIONS)
@log_json_option
@speaks
def demo(terminal: Terminal, flavour: str, log_json: bool, **typed: Any) -> None:
    """Run the whole method on synthetic scars.

    The built-in drafter on a synthetic cohort of keloid and hypertrophic scars: no key, no network, no
    data. Ends with a report and a five-line summary. The same seed gives the same feature set.

    \b
    Example:
      scafe demo
      scafe demo --seed 1 --out /tmp/demo
      scafe demo --flavour null
    """
    from scafe.agent.settings.run_config import configured_demo

    _start(terminal, configured_demo(typed, flavour=flavour), log_json)


@click.command()
@click.argument("pack", required=False)
@click.option(
    "--data",
    type=click.Path(),
    help="Folder per class, or CSV or Parquet with path,label[,mask][,patient_id]; see docs/data.md.",
)
@click.option(
    "--labels", help="Comma-separated classes to tell apart, positive first.  [default: the pack's]"
)
@click.option(
    "--ordinal",
    is_flag=True,
    default=None,
    help="Labels are levels; name them with --labels, highest first.",
)
@click.option(
    "--segment",
    type=click.Choice(get_args(MaskMethod)),
    help="Draw masks where none is given: one lesion on plain skin.  [default: none]",
)
@click.option(
    "--locator",
    metavar="reference|draft|none|FILE",
    help="What finds masks that are not given: the reference locator of the pack's region, the best of "
    "several that the drafter writes first, nothing (the whole image is measured), or a file of yours. Given "
    "masks always win.  [default: reference]",
)
@mask_label_option
@options(CLASSIFIER_OPTIONS)
@phantoms_fit_option
@options(COLUMN_OPTIONS)
@click.option("--cohort", type=click.Choice(FLAVOURS), help="A synthetic cohort instead of --data.")
@options(MODEL_OPTIONS, SEARCH_OPTIONS, BUDGET_OPTIONS)
@out_option
@options(RUN_HOST_OPTIONS)
@click.option(
    "--resume", "resumed", metavar="RUN", help="Go on with this run; the same as `scafe resume RUN`."
)
@click.option("--dry-run", is_flag=True, help="Check pack and data, print plan and estimate, and do nothing.")
@log_json_option
@speaks
def run(
    terminal: Terminal,
    pack: str | None,
    data: str | None,
    labels: str | None,
    ignore_columns: tuple[str, ...],
    patient_column: str | None,
    phantoms_fit: Path | None,
    cohort: str | None,
    resumed: str | None,
    dry_run: bool,
    log_json: bool,
    **typed: Any,
) -> None:
    """Search, freeze and report on your own images.

    PACK is an id (see `scafe criteria list`) or the path of a YAML file. Images, masks and labels stay on
    this machine; see `scafe runs egress` for what was sent to a model, if one was named.

    \b
    Example:
      scafe run scar.vss --data photos/ --model builtin --approve auto
      scafe run dermoscopy.abcd --data derm.csv --labels mel,nv --model openai:gpt-5-mini --max-cost 2
      scafe run scar.vss --data photos/ --model openai:qwen3-coder --base-url http://localhost:11434/v1
      scafe run --resume last
    """
    if resumed is not None:
        if pack or data or cohort or labels or ignore_columns or patient_column or phantoms_fit:
            raise click.UsageError("--resume goes on with what the run began with; leave PACK and data away.")
        return go_on(terminal, open_run(resumed, typed["out"]).path, None, log_json, typed["checkpoints"])
    config = _config(
        typed,
        pack=_required(pack),
        data=_one_source(data, cohort),
        labels=_labels(labels),
        ignore_columns=ignore_columns,
        patient_column=patient_column,
        fitted=_fitted(phantoms_fit, _required(pack)),
        cohort={"flavour": cohort or "plain"},
    )
    if dry_run:
        return _foresee(terminal, config)
    _start(terminal, config, log_json)


@click.command()
@run_argument
@options(DECISION_OPTIONS)
@click.option("--checkpoints", help="The postgresql:// URL, if the run keeps its checkpoints there.")
@trust_endpoint_option
@out_option
@log_json_option
@speaks
def resume(
    terminal: Terminal,
    run: str,
    checkpoints: str | None,
    trust_endpoint: bool,
    out: str | None,
    log_json: bool,
    **decided: Any,
) -> None:
    """Go on with a run that was killed, interrupted or waits.

    Nothing that was paid for is asked again. If the run waits at a gate, --name decides it. A run that was
    not started by you on this machine has to be adopted first: `scafe runs adopt RUN`.

    \b
    Example:
      scafe resume last
      scafe resume last --name "A. Reader" --drop rim_width
    """
    from scafe.agent.record.outcome import gate_of

    folder = open_run(run, out)
    decision = read_decision(decided) if any(decided.values()) else None
    if decision is not None and gate_of(folder.info().why) is None:
        raise click.UsageError(
            f"run {folder.path.name} does not wait at a gate, so there is nothing to decide."
        )
    go_on(terminal, folder.path, decision, log_json, checkpoints, trust_endpoint=trust_endpoint)


def _config(typed: dict[str, Any], **more: Any) -> "RunConfig":
    from scafe.agent.settings.run_config import configured

    return configured(typed, **more)


def _fitted(path: Path | None, pack: str) -> "tuple[Range, ...]":
    """Read how far nuisances go for the pack's phantom."""
    from scafe.knowledge.criteria.pack import load_pack
    from scafe.sandbox.probes.fitted import read_fit

    return () if path is None else read_fit(path, load_pack(pack).phantom).nuisances


def _foresee(terminal: Terminal, config: "RunConfig") -> None:
    from scafe.agent.loop.forecast import forecast
    from scafe.agent.terminal.preflight import require_level_of

    require_level_of(config.model, config.egress)
    found = forecast(config)
    terminal.answer(found.document(), found.in_words())


def _start(terminal: Terminal, config: "RunConfig", log_json: bool) -> None:
    from scafe.agent.loop.run import start_run
    from scafe.agent.record.run_folder import left_clean
    from scafe.agent.terminal.preflight import require_endpoint

    if notice := require_endpoint(config.model, config.base_url, config.egress):
        terminal.say(notice)
    with left_clean(Path(config.out)), _watched(terminal, config.model_dump(), log_json) as seams:
        outcome = start_run(config, listener=seams[0], ask=seams[1])
    _finish(terminal, outcome)


def go_on(
    terminal: Terminal,
    path: Path,
    decision: "Decision | None",
    log_json: bool,
    checkpoints: str | None,
    *,
    trust_endpoint: bool = False,
) -> None:
    """Take a run up again, and end the command as the run ends."""
    from scafe.agent.loop.run import resume_run
    from scafe.agent.record.run_folder import load_run

    folder = load_run(path)
    trust = trust_of(terminal, folder, trust_endpoint)
    with _watched(terminal, folder.info().config, log_json, standing_of(folder)) as (listener, ask):
        outcome = resume_run(
            path, listener=listener, ask=ask, decision=decision, checkpoints=checkpoints, trust=trust
        )
    _finish(terminal, outcome)


@contextmanager
def _watched(
    terminal: Terminal, config: dict[str, Any], log_json: bool, standing: "Standing | None" = None
) -> "Iterator[tuple[Listener, Callable[[dict[str, Any]], Decision | None] | None]]":
    """Give a run its listener, and a person to ask if one sits there."""
    from scafe.agent.terminal.asking import ask_person
    from scafe.agent.terminal.progress import Progress, caps_of

    if log_json:
        yield lambda line: echo(render_json_line(line), err=True), None
        return
    with Progress(terminal, caps_of(config), standing) as progress:

        def ask(asks: dict[str, Any]) -> "Decision | None":
            with progress.away():
                return ask_person(asks, config.get("person") or "")

        yield progress.tell, ask if terminal.is_interactive else None


def _finish(terminal: Terminal, outcome: "RunOutcome") -> None:
    terminal.tell_ending(_document(outcome), "\n".join(_ending(outcome)))
    click.get_current_context().exit(outcome.exit_code)


def _ending(outcome: "RunOutcome") -> list[str]:
    head = [
        f"{outcome.run.name}: {outcome.status.replace('_', ' ')}"
        + (f" ({outcome.why})" if outcome.why else "")
    ]
    body = [*outcome.summary, *([f"report: {_near(outcome.report)}"] if outcome.report else [])]
    return head + [f"  {line}" for line in body]


def _document(outcome: "RunOutcome") -> dict[str, Any]:
    from scafe.agent.record.trace import EVENTS, head_of, read_lines

    path = outcome.run / EVENTS
    events = {line["kind"]: line for line in read_lines(path)}
    wanted = {"frozen": "set_frozen", "opened": "seal_opened"}
    details = {
        name: {key: value for key, value in events[kind].items() if key not in ("n", "ts", "kind", "prev")}
        for name, kind in wanted.items()
        if kind in events
    }
    return {
        "run": outcome.run.name,
        "path": str(outcome.run),
        "status": outcome.status,
        "why": outcome.why,
        "exit_code": outcome.exit_code,
        "report": str(outcome.report) if outcome.report else None,
        "summary": list(outcome.summary),
        "asks": outcome.asks,
        "head": head_of(path)[1],
        **details,
    }


def _near(path: Path) -> str:
    """Return a path as one would type it from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _required(pack: str | None) -> str:
    if pack is None:
        raise click.UsageError("Missing argument 'PACK': a criteria pack, see `scafe criteria list`.")
    return pack


def _one_source(data: str | None, cohort: str | None) -> str | None:
    if (data is None) == (cohort is None):
        raise click.UsageError(
            "Give --data PATH, or --cohort plain for a synthetic cohort; exactly one of the two."
        )
    return data


def _labels(text: str | None) -> tuple[str, ...]:
    labels = tuple(one.strip() for one in text.split(",")) if text else ()
    if text and (len(set(labels)) != len(labels) or len(labels) < 2 or "" in labels):
        raise click.BadParameter(
            f"{text!r}: expected at least two different classes, e.g. mel,nv", param_hint="--labels"
        )
    return labels
