"""Set ScaFE beside other systems on your own images, from Python.

>>> import scafe
>>> scafe.compare("no/such.csv", "dermoscopy.abcd")
Traceback (most recent call last):
    ...
scafe.knowledge.contract.errors.DatasetError: no/such.csv: there is no such data; check the path
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scafe.agent.terminal.comparing import MAX_CALLS, Asked, compare_apart
from scafe.knowledge.contract.inert import inert_lines

Hear = Callable[[dict[str, Any]], None]


class Comparison:
    """A table of many systems on the same patients; `scafe.compare` makes one.

    Parameters
    ----------
    path : path
        Folder that the files were written to.
    document : dict
        The table as `comparison.json` holds it, the seconds of each row, and what all of it took.
    """

    def __init__(self, path: Path, document: dict[str, Any]) -> None:
        self.path = path
        self.table: dict[str, Any] = document["table"]
        self.seconds: dict[str, dict[str, float]] = document["seconds"]
        self.took: dict[str, Any] = document["took"]

    def __repr__(self) -> str:
        ran = sum(bool(row["points"]) for row in self.rows)
        return f"<scafe.Comparison {self.path}: {ran} of {len(self.rows)} rows, {self.table['draws']} draws>"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One dict per system: name, status, reason, weights, points."""
        found: list[dict[str, Any]] = self.table["rows"]
        return found

    @property
    def controls_held(self) -> bool:
        """Whether shuffled labels and random features stayed at chance; if not, believe no row."""
        return all(one["held"] for one in self.table["controls"])

    def to_frame(self) -> Any:
        """Return a pandas table with one line per row and size."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "row": row["name"],
                    "patients_per_class": point["patients_per_class"],
                    "auc": point["auc"]["value"],
                    "auc_low": point["auc"]["low"],
                    "auc_high": point["auc"]["high"],
                    "difference": point["difference"] and point["difference"]["value"],
                    "p": point["p"],
                }
                for row in self.rows
                for point in row["points"]
            ]
        )

    def _repr_html_(self) -> str:
        """Show the whole page in a notebook."""
        return (self.path / "comparison.html").read_text(encoding="utf-8")


def compare(
    data: str | Path,
    pack: str | Path,
    *,
    bundle: str | Path | None = None,
    peers: Sequence[str] = (),
    sizes: Sequence[int] = (5, 10, 20, 40, 80),
    draws: int = 20,
    labels: Sequence[str] = (),
    seed: int = 0,
    networks: str | Path | None = None,
    out: str | Path = "comparison",
    on_progress: Hear | None = None,
    **more: Any,
) -> Comparison:
    """Set ScaFE beside other systems: same splits, same patients, paired differences, controls.

    Parameters
    ----------
    data, pack : str or path
        As for `scafe.run`.
    bundle : str or path, optional
        A frozen bundle; none: two searches without labels by the built-in drafter.
    peers : sequence of str
        Rows, or beginnings of their names; empty: all.
    sizes, draws
        Training patients per class (one that a class cannot fill is left out and told); splits.
    labels, seed, networks, out : optional
        Classes, positive first; the seed; folder of pretrained networks; folder of the table.
    on_progress : callable, optional
        Is told `step`, `done`, `of` and `seconds_left`.
    **more
        `segment`, `locator`, `mask_label`, `ignore_columns`, `patient_column`, `text_column`,
        `max_calls`, `host`.

    Raises
    ------
    InputError, SandboxError
        What was given cannot be used; a process failed: the same call goes on where it was.
    """
    asked = Asked(
        str(data),
        str(pack),
        Path(out),
        *(_text(bundle), tuple(peers), tuple(sizes), draws, tuple(labels), seed),
        networks=_text(networks),
        **{"max_calls": MAX_CALLS, **more},
    )
    return Comparison(Path(out), compare_apart(asked, on_progress or _ignore, _say))


def _text(path: str | Path | None) -> str | None:
    return None if path is None else str(path)


def _ignore(told: dict[str, Any]) -> None:
    """Progress that nobody asked for."""


def _say(text: str) -> None:
    print(inert_lines(text), file=sys.stderr)
