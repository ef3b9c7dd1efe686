"""Commands about data sets, before anything is measured on them."""

from typing import Any, get_args

import click

from scafe.agent.cli.options import (
    COLUMN_OPTIONS,
    HOST_OPTIONS,
    ignore_columns_option,
    mask_label_option,
    options,
)
from scafe.agent.terminal.offline import ask_offline, host_words
from scafe.agent.terminal.terminal import Terminal, speaks
from scafe.knowledge.contract.masks import MaskMethod

MODULE = "scafe.evals.processes.check"


@click.group()
def data() -> None:
    """Look a data set over before a run.

    \b
    Example:
      scafe data check scars.csv --pack scar.keloid_vs_hypertrophic
    """


@data.command()
@click.argument("path", type=click.Path())
@click.option("--pack", help="The criteria pack: its classes, its channels, and whether there is skin.")
@click.option("--labels", help="Comma-separated classes, positive first.  [default: the pack's]")
@click.option(
    "--segment", type=click.Choice(get_args(MaskMethod)), help="As for `scafe run`.  [default: none]"
)
@mask_label_option
@options(COLUMN_OPTIONS)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The run's; decides the parts."
)
@speaks
def check(
    terminal: Terminal,
    path: str,
    pack: str | None,
    labels: str | None,
    segment: str | None,
    mask_label: int | None,
    ignore_columns: tuple[str, ...],
    patient_column: str | None,
    seed: int,
) -> None:
    """Say what is in a data set, and what in it would fool a run.

    Counts by class and patient, pictures that occur twice, what tells the label without the lesion, skin
    tones, and which rows of docs/formats.md the files had. PATH is a folder with one folder per class, or a
    CSV or Parquet with path,label[,mask][,patient_id]; docs/data.md has the names that columns may have.
    Exits with 1 if something should be looked at, with 2 if the data cannot be used. Nothing leaves the
    machine.

    \b
    Example:
      scafe data check scars.csv --pack scar.keloid_vs_hypertrophic
      scafe data check derm.csv --pack dermoscopy.abcd --labels mel,nv --json
    """
    given = {"--pack": pack, "--labels": labels, "--segment": segment, "--seed": str(seed)}
    if mask_label is not None:
        given["--mask-label"] = str(mask_label)
    columns = {"--ignore-columns": ",".join(ignore_columns), "--patient-column": patient_column}
    words = [f"{option}={value}" for option, value in {**given, **columns}.items() if value]
    answer = ask_offline(terminal, MODULE, "data", path, *words)
    terminal.answer(answer.document, "\n".join(_in_words(answer.document)))
    click.get_current_context().exit(answer.exit_code)


@data.command()
@click.argument("path", type=click.Path(exists=True), metavar="DATA")
@click.option("--pack", required=True, help="The criteria pack; its phantoms are what images are held to.")
@click.option(
    "--extractor",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="Measure these.  [default: the pack's reference measures]",
)
@click.option("--bundle", type=click.Path(exists=True), help="A bundle, whose extractors are measured.")
@mask_label_option
@ignore_columns_option
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Draws the phantoms.")
@options(HOST_OPTIONS)
@speaks
def transfer(
    terminal: Terminal,
    path: str,
    pack: str,
    extractor: tuple[str, ...],
    bundle: str | None,
    mask_label: int | None,
    ignore_columns: tuple[str, ...],
    seed: int,
    **host: Any,
) -> None:
    """Say whether features do on your images what they do on phantoms; no label is read.

    DATA is a folder of images, or a CSV or Parquet with path[,mask]; a column of labels is not looked at. For
    each feature: missing values, values outside of what phantoms showed, spread, values that stand together
    at one end, stability under perturbation of these images, what it follows of size, border and exposure,
    overlap with features of other criteria. Masks that are missing are found by the pack's reference locator.
    Exits with 1 if phantoms do not resemble the images for some feature. docs/how-to-transfer.md reads the
    table. Nothing leaves this machine.

    \b
    Example:
      scafe data transfer frames/ --pack ultrasound.birads
      scafe data transfer scars.csv --pack scar.vss --bundle runs/X/frozen --json
    """
    typed = {"--pack": pack, "--bundle": bundle, "--seed": str(seed)}
    words = [f"{option}={value}" for option, value in typed.items() if value]
    words += [f"--extractor={one}" for one in extractor]
    words += [f"--ignore-columns={','.join(ignore_columns)}"] if ignore_columns else []
    words += [] if mask_label is None else [f"--mask-label={mask_label}"]
    answer = ask_offline(terminal, "scafe.evals.processes.transfer", path, *words, *host_words(host))
    told = answer.document
    if terminal.as_json:
        terminal.answer(told, "")
    else:
        terminal.say(f"{told['images']} images" + _found_masks(told["masks_found_for"]))
        terminal.table(told["features"], TRANSFER_HEAD, map(_transfer_cells, told["features"]))
    click.get_current_context().exit(answer.exit_code)


TRANSFER_HEAD = ("feature", "missing", "outside", "spread", "at one end", "stability", "finding")


def _found_masks(region: str | None) -> str:
    return f"; masks of the {region} found by the reference locator" if region else ""


def _transfer_cells(one: dict[str, Any]) -> tuple[str, ...]:
    stability = "n/a" if one["stability"] is None else f"{one['stability']:.2f} ({one['worst_perturbation']})"
    return (
        one["feature"],
        f"{one['missing']:.0%}",
        f"{one['outside']:.0%}",
        "n/a" if one["spread"] is None else f"{one['spread']:.2f}",
        f"{one['saturated']:.0%}",
        stability,
        one["finding"],
    )


@click.command()
@click.argument("path", type=click.Path(exists=True), metavar="DATA")
@click.option("--pack", required=True, help="The criteria pack; its region is what is looked for.")
@click.option(
    "--locator",
    type=click.Path(exists=True, dir_okay=False),
    help="A locator of your own, one Python file.  [default: the reference locator of the pack's region]",
)
@click.option(
    "--out", required=True, type=click.Path(), help="A new folder for masks, sheets, table and manifest."
)
@mask_label_option
@ignore_columns_option
@options(HOST_OPTIONS)
@speaks
def locate(
    terminal: Terminal,
    path: str,
    pack: str,
    locator: str | None,
    out: str,
    mask_label: int | None,
    ignore_columns: tuple[str, ...],
    **host: Any,
) -> None:
    """Outline the region of a pack on images that have no mask, for a person to look over and correct.

    DATA is an image, a folder, or a CSV or Parquet with path[,mask][,label][,patient_id]. Writes into --out
    one PNG mask an image (255 inside), contact sheets with outlines, the least certain first, a table of all
    by certainty, and a manifest with a column mask. Correct a mask by saving over its file, or delete it and
    empty its cell; then run on that manifest: masks that are given always win. Masks of the data are left as
    they are. The locator runs in the sandbox; nothing leaves this machine.

    \b
    Example:
      scafe locate frames/ --pack ultrasound.birads --out outlines/
      scafe locate derm.csv --pack dermoscopy.abcd --locator mine.py --out outlines/ --json
      scafe run ultrasound.birads --data outlines/manifest.csv
    """
    typed = {"--pack": pack, "--locator": locator, "--out": out, "--ignore-columns": ",".join(ignore_columns)}
    words = [f"{option}={value}" for option, value in typed.items() if value]
    words += [] if mask_label is None else [f"--mask-label={mask_label}"]
    answer = ask_offline(terminal, "scafe.evals.processes.locate", path, *words, *host_words(host))
    terminal.answer(answer.document, "\n".join(_outlined(answer.document)))


def _outlined(told: dict[str, Any]) -> list[str]:
    masks = ", ".join(f"{number} {origin}" for origin, number in told["masks"].items() if number)
    lines = [f"{told['region']} on {told['images']} images: {masks}"]
    lines += [
        f"  {one['mask']}, confidence {one['confidence']:.2f}: {one['image']}"
        for one in told["least_certain"]
    ]
    lines.append(
        f"look at {', '.join(told['sheets'])} (least certain first; all of them: {told['uncertain_table']})"
    )
    lines.append(f"correct masks in {told['out']}/masks, then run with --data {told['manifest']}")
    return lines + ([f"warning: {told['warning']}"] if told["warning"] else [])


def _in_words(found: dict[str, Any]) -> list[str]:
    lines = [
        f"{one['label']}: {one['images']} images of {one['patients']} patients, at most "
        f"{one['most_images_of_a_patient']} of one"
        for one in found["classes"]
    ]
    if found["left_out"]:
        lines.append(f"left out: {found['left_out']} rows of other classes")
    lines += [f"passed over: {words}" for words in found["passed_over"]]
    lines += [f"experts' scores (raters): {', '.join(found['experts'])}"] if found["experts"] else []
    lines += [
        _sizes(found),
        f"masks: {found['masks']}",
    ]
    lines.append(
        f"feedback: {found['mode']}; the search may query labels {found['queries']} times; "
        f"{found['dev_patients']} development patients, {found['sealed_patients']} in the held-out test set"
    )
    lines += [f"{one['kind']} duplicate: {one['first']} = {one['second']}" for one in found["duplicates"]]
    lines += [f"{one['shortcut']} alone: {_auc(one['auc'])}" for one in found["leaks"]]
    lines += [
        f"{one['format']}, {one['standing']}: {one['name']} in {one['images']} images"
        for one in found["formats"]
    ]
    lines += [f"skin {one['group']}: {_counts(one['patients'])}" for one in found["tones"]]
    return lines + [f"warning: {warning}" for warning in found["warnings"]]


def _sizes(found: dict[str, Any]) -> str:
    (low, middle, high), height = found["width"], found["height"]
    return f"size: width {low} to {high} px (median {middle}), height {height[0]} to {height[2]} px"


def _auc(value: float | None) -> str:
    return "the same everywhere" if value is None else f"AUC {value:.2f}"


def _counts(patients: dict[str, int]) -> str:
    return ", ".join(f"{count} {label}" for label, count in patients.items())
