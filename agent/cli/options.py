"""Options that several commands share, grouped by what they decide.

None of them has a default of its own: what is not typed comes from `SCAFE_*`, `scafe.toml` or
`scafe.agent.settings.settings`. A test holds names and defaults to the settings.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FLAVOURS = ("plain", "null", "shortcut_ruler", "shortcut_camera")
"""Synthetic cohorts: overlapping classes, no difference at all, a shortcut to fall for."""

run_argument = click.argument("run")
phantoms_fit_option = click.option(
    "--phantoms-fit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Of `scafe phantoms fit`: drafts are probed on phantoms that go as far as your images do.",
)
mask_label_option = click.option(
    "--mask-label",
    type=click.IntRange(min=0),
    help="The level of a mask that marks the lesion, where masks have more than two.",
)
out_option = click.option("--out", help="Folder that run folders are in.  [default: runs]")
log_json_option = click.option(
    "--log-json", is_flag=True, help="Print every event as a line of JSON on stderr instead of progress."
)
DECISION_OPTIONS = (
    click.option(
        "--name", help="Who decides; recorded with time and meaning.  [default: the setting person]"
    ),
    click.option("--meaning", help='What the name stands for.  [default: "reviewed and approved"]'),
    click.option("--drop", help="Comma-separated criteria (plan) or features (freeze) to strike out."),
    click.option("--reject", is_flag=True, help="Decide against it."),
)
HOST_OPTIONS = (
    click.option(
        "--workers", type=click.IntRange(1, 256), help="Processes that run extractors.  [default: 2]"
    ),
    click.option(
        "--sandbox",
        type=click.Choice(["local", "bwrap", "docker", "gvisor"]),
        help="What holds the worker.  [default: local]",
    ),
    click.option(
        "--allow-weaker-sandbox",
        is_flag=True,
        default=None,
        help="Go on where the host cannot hold both walls; recorded and shown in the report.",
    ),
)
ignore_columns_option = click.option(
    "--ignore-columns",
    metavar="A,B",
    callback=lambda context, parameter, text: named_columns(text),
    help="Comma-separated columns of the manifest to pass over; any other unknown column is an error.",
)
patient_column_option = click.option(
    "--patient-column",
    metavar="NAME",
    help="The manifest's column that names the patient.  [default: patient_id]",
)
COLUMN_OPTIONS = (ignore_columns_option, patient_column_option)
cluster_option = click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Measure images by the workers of a Dask cluster: local:N, tcp://HOST:PORT or tls://HOST:PORT.",
)
RUN_HOST_OPTIONS = (
    *HOST_OPTIONS,
    click.option(
        "--cache",
        type=click.Path(file_okay=False),
        help="Keep values of images here, for other runs on the same images.  [default: in the run]",
    ),
    cluster_option,
)
MODEL_OPTIONS = (
    click.option(
        "--model", help="Who drafts: builtin, openai:NAME, manual or replay:RUN.  [default: builtin]"
    ),
    click.option("--base-url", help="An OpenAI-compatible endpoint, e.g. http://localhost:11434/v1."),
    click.option(
        "--max-reply-tokens",
        type=click.IntRange(16, 1_000_000),
        help="Longest reply of the model, hidden reasoning included.  [default: 8192]",
    ),
    click.option(
        "--temperature",
        type=click.FloatRange(0, 2),
        help="Sent to the model; some refuse any. Without it the endpoint's own counts.",
    ),
    click.option("--repair-model", help="A cheaper model for repairs, at the same endpoint."),
    click.option(
        "--prompts", type=click.Path(exists=True, file_okay=False), help="Folder of your own prompt files."
    ),
    click.option("--person", help="Who answers and approves, for the record."),
    click.option(
        "--egress",
        type=click.Choice(["none", "aggregates"]),
        help="What may leave at most; none refuses every model.  [default: aggregates]",
    ),
)
BUDGET_OPTIONS = (
    click.option(
        "--max-calls", type=click.IntRange(min=0), help="Cap on calls of the drafter.  [default: 50]"
    ),
    click.option(
        "--patience",
        type=click.IntRange(min=0),
        help="Adaptive rounds in a row without anything that the gate accepts, after which the search ends; "
        "the rest of its calls is not spent. 0: no adaptive round. Else 1, with the built-in drafter 0.",
    ),
    click.option("--max-tokens", type=click.IntRange(min=1), help="Cap on tokens of the whole run."),
    click.option(
        "--max-cost", type=click.FloatRange(min=0), help="Cap on money, in the currency of the price."
    ),
    click.option(
        "--max-evaluations",
        type=click.IntRange(min=1),
        help="Cap on extractors that are run on phantoms; none is drafted that could not be.",
    ),
    click.option("--max-seconds", type=click.FloatRange(min=0, min_open=True), help="Cap on the run's time."),
    click.option(
        "--prices", type=click.Path(exists=True, dir_okay=False), help="TOML file over the price table."
    ),
)
CLASSIFIER_OPTIONS = (
    click.option(
        "--classifier",
        type=click.Choice(["ridge", "auto"]),
        help="auto decides between the ridge and a random forest on development folds, for one label query; "
        "the report shows both.  [default: ridge]",
    ),
    click.option(
        "--prior",
        type=click.Choice(["declared", "none"]),
        help="What the ridge expects before it has seen a label: the directions that pack and features "
        "declare, which matters most with few patients, or nothing.  [default: declared]",
    ),
    click.option(
        "--companion",
        metavar="colour_texture|onnx:FILE",
        help="Fuse an appearance score beside the criteria features: colour and texture, or an ONNX image "
        "model of yours. The headline stays criteria only; nothing of it reaches a model.  [default: none]",
    ),
)
SEARCH_OPTIONS = (
    click.option(
        "--seed", type=click.IntRange(0, 2**31 - 1), help="Decides splits and drafts.  [default: 0]"
    ),
    click.option(
        "--feedback",
        type=click.Choice(["auto", "blind", "gated"]),
        help="Whether labels may steer the search; auto: from 100 patients on.  [default: auto]",
    ),
    click.option(
        "--dp-epsilon",
        type=click.FloatRange(min=0, min_open=True),
        help="Noise on what a drafter is told of labels, for this privacy budget; from 400 patients on.",
    ),
    click.option(
        "--approve",
        type=click.Choice(["ask", "auto", "never"]),
        help="Gates for plan, features and seal: a person, the policy, or no gates.  [default: ask]",
    ),
    click.option("--checkpoints", help="A postgresql:// URL instead of a file in the run folder."),
)


def named_columns(text: str | None) -> tuple[str, ...]:
    """Split what was typed after --ignore-columns."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def options(*groups: tuple[Callable[..., Any], ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command several groups of options, in the order written."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for group in reversed(groups):
            for option in reversed(group):
                function = option(function)
        return function

    return decorate
