"""Write docs/formats.md from the readers' own tables; `make docs` runs it, a test holds it current."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from scafe.evals.data.attributes import Attribute, Limit
from scafe.evals.data.matrix import attributes, limits

PAGE = Path(__file__).with_name("formats.md")
TESTS = "../tests/evals/data/"
HEAD = """# What files may hold

*This page is generated from the readers' own tables: `python docs/make_formats.py`.*

A file means what its standard says, or it is refused. Each attribute that can change a picture stands in one
row. **Honoured**: the picture follows it. **Refused**: the file is an error that names the row of the data
set, the attribute and the way out (exit code 2); it is never drawn by guess. **Irrelevant**: no pixel needs
it. `scafe data check` says for a data set which rows its files had.
"""


def page() -> str:
    """Return the whole page."""
    formats = groupby(attributes(), key=attrgetter("format"))
    return HEAD + "".join(_section(name, list(rows), limits()) for name, rows in formats)


def _section(name: str, rows: Iterable[Attribute], bounds: Iterable[Limit]) -> str:
    own = [bound for bound in bounds if bound.format == name]
    return (
        f"\n## {name}\n\n| attribute | standing | what | held by |\n|---|---|---|---|\n"
        + "".join(map(_row, rows))
        + (f"\n### Limits of {name}\n\n| of | at most |\n|---|---|\n" if own else "")
        + "".join(f"| {bound.of} | {bound.most:,} {bound.unit}".rstrip() + " |\n" for bound in own)
    )


def _row(row: Attribute) -> str:
    file, _, test = row.held_by.partition("::")
    held = f"[{test.replace('::', ', ').replace('_', ' ')}]({TESTS}{file})" if test else ""
    return f"| {_cell(row.name)} | {row.standing} | {_cell(row.what)} | {held} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
