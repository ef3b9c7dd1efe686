"""The command that sets ScaFE beside other systems on the same patients."""

from pathlib import Path
from typing import Any, get_args

import click

from scafe.agent.cli.options import COLUMN_OPTIONS, HOST_OPTIONS, SEARCH_OPTIONS, mask_label_option, options
from scafe.agent.terminal.terminal import Terminal, speaks
from scafe.knowledge.contract.masks import MaskMethod


@click.command()
@click.argument("data", type=click.Path())
@click.option("--pack", required=True, help="Id of a criteria pack, or the path of a YAML file.")
@click.option(
    "--bundle",
    type=click.Path(),
    help="A frozen bundle.  [default: two searches without labels by the built-in drafter]",
)
@click.option(
    "--peers", default="", help="Comma-separated rows, or beginnings of their names.  [default: all]"
)
@click.option("--sizes", default="5,10,20,40,80", show_default=True, help="Training patients per class.")
@click.option(
    "--draws", type=click.IntRange(2, 1000), default=20, show_default=True, help="Splits of the patients."
)
@click.option("--labels", default="", help="Comma-separated classes, positive first.  [default: the pack's]")
@options(SEARCH_OPTIONS[:1])
@click.option(
    "--segment",
    type=click.Choice(get_args(MaskMethod)),
    default="none",
    help="Draw masks where none is given.",
)
@click.option(
    "--locator",
    metavar="reference|none|FILE",
    help="What finds masks that are not given, for every row alike: the reference locator of the pack's "
    "region, nothing (whole images are measured), or a file of yours.  [default: what the bundle was made "
    "with; without one, reference]",
)
@mask_label_option
@options(COLUMN_OPTIONS)
@click.option("--text-column", help="Column of reports or notes, for the row image-text.")
@click.option(
    "--networks",
    type=click.Path(file_okay=False),
    help="Folder of pretrained networks, one folder each; see docs/compare.md.",
)
@click.option("--model", metavar="openai:NAME", help="A language model, for the rows that ask one.")
@click.option("--base-url", help="Its OpenAI-compatible endpoint, e.g. http://localhost:11434/v1.")
@click.option("--allow-features", is_flag=True, help="Let measured values of every image go to that model.")
@click.option("--allow-pixels", is_flag=True, help="Let the images themselves go to that model, values too.")
@click.option("--max-questions", type=click.IntRange(min=1), help="Cap on questions to that model.")
@click.option(
    "--max-reply-tokens", type=click.IntRange(16, 1_000_000), help="Longest reply to one.  [default: 1024]"
)
@click.option(
    "--max-calls",
    type=click.IntRange(0, 1000),
    default=24,
    show_default=True,
    help="Drafts of each search; 0: no search, the measures of the pack as they ship.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("comparison"),
    show_default=True,
    help="Folder for the table; what is computed is kept in it, and the same command goes on.",
)
@options(HOST_OPTIONS)
@speaks
def compare(
    terminal: Terminal,
    data: str,
    pack: str,
    peers: str,
    sizes: str,
    labels: str,
    seed: int | None,
    workers: int | None,
    sandbox: str | None,
    allow_weaker_sandbox: bool | None,
    allow_features: bool,
    allow_pixels: bool,
    **more: Any,
) -> None:
    """Set ScaFE beside other systems: same splits, same patients, paired differences, controls.

    DATA is what `scafe run --data` takes. Every row is fitted on the same draws of 5, 10, … patients per
    class and tested on the same other patients. Writes comparison.html, .md and .json, the learning curves
    and the seconds of each row to --out. Exits with 1 if a control is not at chance. Nothing leaves this
    machine without --allow-features or --allow-pixels. For research only.

    \b
    Example:
      scafe compare derm.csv --pack dermoscopy.abcd --labels mel,nv
      scafe compare derm.csv --pack dermoscopy.abcd --labels mel,nv --bundle runs/RUN/frozen --draws 5
      scafe compare derm.csv --pack dermoscopy.abcd --peers classical,network --networks networks/
    """
    from scafe.agent.terminal.comparing import Asked, compare_apart

    host = {"workers": workers, "sandbox": sandbox, "allow_weaker_sandbox": allow_weaker_sandbox}
    asked = Asked(
        data,
        pack,
        peers=_listed(peers),
        sizes=_sizes(sizes),
        labels=_listed(labels),
        seed=seed or 0,
        host=host,
        allow="pixels" if allow_pixels else "features" if allow_features else "none",
        **more,
    )
    document = compare_apart(asked, _Progress(terminal), terminal.say)
    page = (asked.out / "comparison.md").read_text(encoding="utf-8")
    terminal.answer(document, page)
    terminal.say(f"Written: {asked.out / 'comparison.html'}")
    click.get_current_context().exit(document["exit_code"])


class _Progress:
    """Says how far it is, at each tenth of a step."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._said: tuple[str, int] = ("", -1)

    def __call__(self, told: dict[str, Any]) -> None:
        """Hear of one more."""
        tenth = told["done"] * 10 // max(1, told["of"])
        if (told["step"], tenth) != self._said:
            self._said = (told["step"], tenth)
            left = told["seconds_left"]
            words = "" if left is None else f", about {left:.0f} s left"
            self._terminal.say(f"{told['step']}: {told['done']} of {told['of']}{words}")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in _listed(text))
    except ValueError:
        raise click.BadParameter(f"{text!r}: give whole numbers with commas, e.g. 5,10,20") from None
