"""Commands about phantoms: what can be turned, and how it looks."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scafe.agent.cli.options import COLUMN_OPTIONS, mask_label_option, options
from scafe.agent.terminal.offline import ask_offline
from scafe.agent.terminal.terminal import Terminal, speaks
from scafe.agent.terminal.whole_file import whole_file

if TYPE_CHECKING:
    from scafe.knowledge.phantoms import Phantom


@click.group()
def phantoms() -> None:
    """Look at the synthetic images whose truth is known.

    \b
    Example:
      scafe phantoms show scar --dial vascularity
    """


@phantoms.command("list")
@speaks
def list_kinds(terminal: Terminal) -> None:
    """List the kinds of phantoms: shipped and plugged in.

    \b
    Example:
      scafe phantoms list
    """
    from scafe.knowledge.phantoms import phantom_kinds

    kinds = phantom_kinds()
    terminal.answer(list(kinds), "\n".join(kinds))


@phantoms.command("show")
@click.argument("kind")
@click.option("--dial", help="Dial or nuisance to turn from left to right; without it, they are listed.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="PNG to write.  [default: KIND_DIAL.png]"
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the first row."
)
@click.option(
    "--rows", type=click.IntRange(1, 12), default=4, show_default=True, help="Seeds, over skin tones."
)
@click.option(
    "--columns", type=click.IntRange(2, 12), default=6, show_default=True, help="Levels of the dial."
)
@click.option(
    "--size", type=click.IntRange(32, 512), default=160, show_default=True, help="Pixels of a picture."
)
@click.option("--outline", is_flag=True, help="Draw the border of the mask.")
@speaks
def show_phantom(terminal: Terminal, kind: str, dial: str | None, out: Path | None, **sheet: Any) -> None:
    """Write a labelled contact sheet of one dial, or list what can be turned.

    \b
    Example:
      scafe phantoms show scar
      scafe phantoms show scar --dial vascularity --out vascularity.png
    """
    from scafe.knowledge.phantoms import load_phantom

    phantom = load_phantom(kind)
    if dial is None:
        return _list_dials(terminal, phantom)
    path = out or Path(f"{kind}_{dial}.png")
    _write(path, phantom, dial, **sheet)
    terminal.answer({"path": str(path), "kind": kind, "dial": dial, "seed": sheet["seed"]}, str(path))


@phantoms.command("fit")
@click.argument("path", type=click.Path(exists=True), metavar="DATA")
@click.option("--pack", required=True, help="The criteria pack, whose phantom is fitted.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="JSON to write.  [default: PACK.fit.json]"
)
@mask_label_option
@options(COLUMN_OPTIONS)
@speaks
def fit_phantom(
    terminal: Terminal,
    path: str,
    pack: str,
    out: Path | None,
    mask_label: int | None,
    ignore_columns: tuple[str, ...],
    patient_column: str | None,
) -> None:
    """Say how far phantoms' nuisances go in your images; no label is read.

    DATA is a folder of images, or a CSV or Parquet with path[,mask][,patient_id]. Exposure, contrast, blur,
    noise, vignette and size of the region are read, set beside phantoms, and written as ranges in coarse
    bands: with 60 patients halves of what the kind allows, from 150 on thirds. `scafe probe --fit` and
    `scafe run --phantoms-fit` then draw phantoms within them. Nothing else of the images is kept.

    \b
    Example:
      scafe phantoms fit derm.csv --pack dermoscopy.abcd --out derm.fit.json
      scafe probe my_network.py --pack dermoscopy.abcd --fit derm.fit.json
    """
    given = {"--pack": pack, "--ignore-columns": ",".join(ignore_columns), "--patient-column": patient_column}
    given["--mask-label"] = None if mask_label is None else str(mask_label)
    words = [f"{option}={value}" for option, value in given.items() if value]
    found = ask_offline(terminal, "scafe.evals.processes.fit", path, *words).document
    target = out or Path(f"{Path(pack).stem if Path(pack).exists() else pack}.fit.json")
    with whole_file(target) as beside:
        beside.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    terminal.answer({**found, "path": str(target)}, "\n".join([*_fit_in_words(found), str(target)]))


def _fit_in_words(found: dict[str, Any]) -> list[str]:
    lines = [f"{one['name']}: {one['low']:g} to {one['high']:g}" for one in found["nuisances"]]
    return [*lines, *(f"{name}: {band}" for name, band in found["seen"].items())]


def _write(
    path: Path, phantom: "Phantom", dial: str, *, seed: int, rows: int, columns: int, size: int, outline: bool
) -> None:
    from scafe.knowledge.phantoms.sheet import Layout, contact_sheet, write_sheet

    drawn = contact_sheet(phantom, dial, seed, Layout(columns, rows, size, outline))
    with whole_file(path) as beside:
        write_sheet(beside, drawn)


def _list_dials(terminal: Terminal, phantom: "Phantom") -> None:
    turned = [("dial", one) for one in phantom.dials] + [("nuisance", one) for one in phantom.nuisances]
    terminal.table(
        [
            {"what": what, "name": one.name, "low": one.low, "high": one.high, "neutral": one.neutral}
            | {"meaning": one.meaning}
            for what, one in turned
        ],
        ("what", "name", "low", "high", "neutral", "meaning"),
        (
            (what, one.name, f"{one.low:g}", f"{one.high:g}", f"{one.neutral:g}", one.meaning)
            for what, one in turned
        ),
    )
