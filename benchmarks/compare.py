"""ScaFE beside other systems on six tasks of real images, by one command.

    python -m benchmarks.compare --data ../shared/data --networks networks/ --draws 20

Writes benchmarks/compare.md, whatever it shows. What was computed is kept under --out, and the same command
goes on. A set or pack that is not there is skipped, loudly. `bash benchmarks/networks.sh networks/` makes the
network.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import scafe
from benchmarks.studies.real_images import of_one_label
from scafe.evals.compare.page import markdown_page
from scafe.evals.compare.table import Row, Table

PAGE = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Task:
    """One set of images, and what is told apart in it."""

    folder: str
    pack: str
    labels: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of its folder of results."""
        return "-".join([self.folder, *self.labels])


TASKS = (
    Task("ham10000", "dermoscopy.abcd", ("mel", "nv")),
    Task("ham10000", "dermoscopy.abcd", ("mel", "bkl")),
    Task("breast_ultrasound", "ultrasound.birads", ("malignant", "benign")),
    Task("chest_xray", "radiograph.chest", ("bacteria", "virus")),
    Task("crc_tissue", "histology.crc_tissue", ()),
    Task("clinical_photo", "photo.skin_lesion", ("malignant", "benign")),
)
HEAD = """# ScaFE beside other systems

Made by `python -m benchmarks.compare`. Public images, small subsets; [docs/compare.md](../docs/compare.md)
says what each row is and how it was made honest. Research only: no claim of clinical use. ScaFE here is the
built-in drafter, no language model: its rows choose features without a label (`scafe-one-shot` takes every
measure of the pack as it ships). Where the pack declares directions for these classes, they are the prior of
the ridge of `scafe`, and `scafe-plain` has none; without a row `scafe-plain` the ridge is plain throughout.
Masks that a set lacks are found by the reference locator, for every row alike. The shipped measures were
written while looking at half of these patients or, of dermoscopy and tissue, at all of them: rows of ScaFE
are a little flattered, those without a choice (`scafe-one-shot`, `unit-weights`) too. Below 0 in a table of
differences means that ScaFE is behind.
"""
KEPT = """# Of before

What follows was made by an earlier version of this command, with fewer draws (each table says how many)
and with measures that have changed since. It stands until the command is run on these tasks again.
"""


def main() -> None:
    """Compare what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--networks")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--max-calls", type=int, default=24)
    parser.add_argument("--out", default="runs/studies/compare")
    parser.add_argument("--only", action="append", help="only tasks whose name begins so; may be repeated")
    options = parser.parse_args()
    for task in TASKS:
        if not options.only or task.name.startswith(tuple(options.only)):
            _compare(task, options)
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(page(Path(options.out), before), encoding="utf-8")
    print(f"written: {PAGE}")


def page(out: Path, before: str = "") -> str:
    """Return the page over every task that has been compared; of others, what stood on the page before."""
    tables = [(task, _table(out / task.name)) for task in TASKS]
    done = [(task, table) for task, table in tables if table is not None]
    lines = [HEAD, "## In short", "", *_summary(done), ""]
    for task, table in done:
        lines.append(markdown_page(table, _heading(task), is_short=True))
    return "\n".join([*lines, *_kept(before, [task for task, table in tables if table is None])])


def _heading(task: Task) -> str:
    return f"## {task.folder} · "


def _kept(before: str, lacking: list[Task]) -> list[str]:
    """Keep the tables of tasks that were not compared anew, and say so."""
    if not lacking:
        return []
    lines = [KEPT, f"Not compared anew: {', '.join(task.name for task in lacking)}.\n"]
    for task in lacking:
        classes = f": {' against '.join(task.labels)}"
        for part in before.split("\n## ")[1:]:
            if f"## {part}".startswith(_heading(task)) and classes in part.split("\n")[0]:
                lines.append(f"## {part.rstrip()}\n")
    return lines


def _compare(task: Task, options: argparse.Namespace) -> None:
    manifest, out = Path(options.data) / task.folder / "manifest.csv", Path(options.out) / task.name
    if not manifest.exists():
        print(f"SKIPPED LOUDLY: {manifest} is not here", file=sys.stderr)
        return
    if not _is_pack(task.pack):
        print(f"SKIPPED LOUDLY: there is no pack {task.pack}", file=sys.stderr)
        return
    data, _ = of_one_label(manifest, Path(options.out))
    started = time.monotonic()
    found = scafe.compare(
        data,
        task.pack,
        labels=task.labels,
        draws=options.draws,
        networks=options.networks,
        out=out,
        max_calls=options.max_calls,
        ignore_columns=("diagnosis", "elevation", "fitzpatrick") if task.folder == "clinical_photo" else (),
        host={"workers": options.workers},
    )
    told = {"task": task.name, "seconds": round(time.monotonic() - started), "took": found.took}
    print(json.dumps({**told, "controls": found.controls_held}), flush=True)


def _is_pack(name: str) -> bool:
    try:
        scafe.load_pack(name)
    except scafe.ScafeError:
        return False
    return True


def _table(folder: Path) -> Table | None:
    path = folder / "comparison.json"
    return Table.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None


def _summary(done: list[tuple[Task, Table]]) -> list[str]:
    """One line a task: ScaFE, the best other row and the joined one, at the smallest size and with all."""
    head = ("task", "patients per class", "ScaFE", "all measures", "best other row", "ScaFE minus it (95 %)")
    lines = [f"| {' | '.join((*head, 'joined', 'unit weights'))} |", "|---" * (len(head) + 2) + "|"]
    for task, table in done:
        for place in dict.fromkeys((0, len(table.sizes) - 1)):
            rows = {row.name: row for row in table.rows if row.points}
            best = _best([row for row in rows.values() if row.family in ("classical", "network")], place)
            joined = _best([row for row in rows.values() if row.family == "fused"], place)
            cells = [task.name, str(table.sizes[place] or "all"), _told(rows[table.reference], place)]
            cells += [_of(rows, "scafe-one-shot", place), _named(best, place), _gap(best, place)]
            cells += [_named(joined, place), _of(rows, "unit-weights", place)]
            lines.append(f"| {' | '.join(cells)} |")
    note = (
        "The best other row is the best of many on these very patients, and so flattered; ScaFE's is one "
        "row. All measures: those of the pack as they ship, nothing chosen (`scafe-one-shot`)."
    )
    return [*lines, "", note, "", *_controls(done)]


def _controls(done: list[tuple[Task, Table]]) -> list[str]:
    """Say of every task whether its controls stayed at chance."""
    told = [
        f"- {task.name}, {table.draws} draws: "
        + ", ".join(f"{one.name} {one.auc:.3f} ± {2 * one.standard_error:.3f}" for one in table.controls)
        + ("" if not table.failed else " – FAILED: believe no row of this task")
        for task, table in done
    ]
    return ["Controls (two standard errors); .5 must lie within:", "", *told] if told else []


def _best(rows: list[Row], place: int) -> Row | None:
    return max(rows, key=lambda row: row.points[place].auc.value, default=None)


def _of(rows: dict[str, Row], name: str, place: int) -> str:
    return _told(rows[name], place) if name in rows else "–"


def _named(row: Row | None, place: int) -> str:
    return "–" if row is None else f"{row.name} {_told(row, place)}"


def _gap(row: Row | None, place: int) -> str:
    gap = row.points[place].difference if row is not None else None
    return "–" if gap is None else f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})"


def _told(row: Row, place: int) -> str:
    return f"{row.points[place].auc.value:.3f}"


if __name__ == "__main__":
    main()
