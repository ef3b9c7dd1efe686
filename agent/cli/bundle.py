"""Commands about a frozen bundle: is it what was frozen, and what does it say of new images."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from scafe.agent.cli.options import (
    HOST_OPTIONS,
    cluster_option,
    ignore_columns_option,
    mask_label_option,
    options,
)
from scafe.agent.terminal.kept import Kept
from scafe.agent.terminal.offline import ask_offline, bar, hear_lines, host_words
from scafe.agent.terminal.spreadsheet import as_text_cell
from scafe.agent.terminal.terminal import Terminal, speaks

MODULE = "scafe.evals.processes.bundle"
bundle_argument = click.argument("bundle", type=click.Path(exists=True))


@click.command()
@bundle_argument
@options(HOST_OPTIONS)
@speaks
def verify(terminal: Terminal, bundle: str, **host: Any) -> None:
    """Check a bundle: the hash of every file, then every feature again on phantoms.

    BUNDLE is a folder such as runs/RUN/frozen, or the zip of one. Exits with 4 if a file was changed or
    contradicts another, or if a feature cannot be compared or gives another value here than where it was
    frozen; says which, and by how much. With libraries
    of the same versions values must agree to 1e-5 of a feature's largest; with others to 1e-3, and the
    versions are named.

    \b
    Example:
      scafe verify runs/RUN/frozen
      scafe verify frozen.zip
    """
    answer = ask_offline(terminal, MODULE, "verify", bundle, *host_words(host))
    terminal.answer(answer.document, "\n".join(answer.document["sentences"]))
    click.get_current_context().exit(answer.exit_code)


@click.command()
@bundle_argument
@click.option(
    "--data",
    required=True,
    type=click.Path(exists=True),
    help="Image, folder, or CSV or Parquet with path[,mask].",
)
@ignore_columns_option
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a CSV with one row per image."
)
@mask_label_option
@click.option(
    "--companion",
    metavar="onnx:FILE",
    help="The network of a bundle that was frozen with one; colour and texture need no file.",
)
@cluster_option
@options(HOST_OPTIONS)
@speaks
def predict(
    terminal: Terminal,
    bundle: str,
    data: str,
    ignore_columns: tuple[str, ...],
    out: Path | None,
    mask_label: int | None,
    companion: str | None,
    cluster: str | None,
    **host: Any,
) -> None:
    """Predict new images with a bundle, and say what each feature added.

    BUNDLE is a folder or the zip of one. For research only, not for diagnosis. The extractors run in the
    sandbox; nothing leaves this machine, or the cluster that --cluster names.

    \b
    Example:
      scafe predict runs/RUN/frozen --data new_images/ --out predictions.csv
      scafe predict runs/RUN/frozen --data new_images/ --companion onnx:lite0/model.onnx
    """
    label = [] if mask_label is None else ["--mask-label", str(mask_label)]
    label += [] if companion is None else ["--companion", companion]
    typed = ["--data", data, f"--ignore-columns={','.join(ignore_columns)}", *label]
    words = [*typed, *host_words({**host, "cluster": cluster})]
    with Kept() as predictions:
        with bar(terminal):
            answer = hear_lines(predictions.append, MODULE, "predict", bundle, *words)
        if answer.said:
            terminal.say(answer.said)
        if out is not None:
            _write_table(out, predictions)
            terminal.say(f"{len(predictions)} rows in {out}")
        more = {name: one for name, one in answer.document.items() if name != "whole"}
        terminal.answer_each("predictions", predictions, lambda one: "\n".join(_predicted(one)), more)
    terminal.say("For research only; not for diagnosis.")


def _predicted(one: dict[str, Any]) -> list[str]:
    chances = ", ".join(f"{label} {value:.3f}" for label, value in one["probability"].items())
    lines = [f"{one['image']}: {one['label']} ({chances})"]
    for criterion in one["criteria"]:
        features = ", ".join(f"{share['feature']} {_value(share)}" for share in criterion["features"])
        lines.append(f"  {criterion['log_odds']:+.2f} {criterion['criterion']}: {features}")
    return [*lines, *_fused_lines(one.get("fused"))]


def _fused_lines(fused: dict[str, Any] | None) -> list[str]:
    if fused is None:
        return []
    chances = ", ".join(f"{label} {value:.3f}" for label, value in fused["probability"].items())
    parts = f"criteria {fused['criteria_log_odds']:+.2f}, appearance {fused['appearance_log_odds']:+.2f}"
    return [f"  with appearance: {chances} ({parts})"]


def _value(share: dict[str, Any]) -> str:
    return "not measurable" if share["value"] is None else f"{share['value']:.4g} {share['unit']}"


def _write_table(path: Path, predictions: Iterable[dict[str, Any]]) -> None:
    """Write one row per image: label, probabilities, then every feature's value and what it added.

    Texts are quoted, and none can be a formula in a spreadsheet.
    """
    from scafe.agent.terminal.whole_file import whole_file

    rows = map(_row, predictions)
    first = next(rows)
    with whole_file(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(first), quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)


def _row(one: dict[str, Any]) -> dict[str, Any]:
    shares = {share["feature"]: share for criterion in one["criteria"] for share in criterion["features"]}
    return {
        "image": as_text_cell(one["image"]),
        "label": as_text_cell(one["label"]),
        **{as_text_cell(f"probability__{label}"): value for label, value in one["probability"].items()},
        **{f"scafe__{name}": shares[name]["value"] for name in sorted(shares)},
        **{f"log_odds__{name}": shares[name]["log_odds"] for name in sorted(shares)},
        **_fused_cells(one.get("fused")),
    }


def _fused_cells(fused: dict[str, Any] | None) -> dict[str, Any]:
    if fused is None:
        return {}
    return {
        **{as_text_cell(f"fused_probability__{label}"): one for label, one in fused["probability"].items()},
        "fused_log_odds__criteria": fused["criteria_log_odds"],
        "fused_log_odds__appearance": fused["appearance_log_odds"],
    }
