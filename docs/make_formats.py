"""Write docs/formats.md from the readers' own tables; `make pages` runs it, a test holds it current."""

from pathlib import Path

from scafe.evals.data.attributes import Attribute, Limit
from scafe.evals.data.matrix import FAMILIES, Family

PAGE = Path(__file__).with_name("formats.md")
TESTS = "../tests/evals/data/"
HEAD = """# What files may hold

*This page is generated from the readers' own tables: `python docs/make_formats.py`.*

A file means what its standard says, or it is refused. Each attribute that can change a picture stands in one
row. **Honoured**: the picture follows it. **Refused**: the file is an error that names the row of the data
set, the attribute and the way out (exit code 2); it is never drawn by guess. **Irrelevant**: no pixel needs
it. `scafe data check` says for a data set which rows its files had.
"""

FUZZED = """
## Damaged files

`python -m benchmarks.fuzz_readers FORMAT --n 10000` changes bytes of valid files, cuts, doubles and joins
them, and puts numbers that hurt into places of length. A picture or one sentence may come out, within 10 s
and 600 MB a file. With seed 1, on two shared cores, nothing else did:

| format | refused in a sentence | read | seconds in all |
|---|---|---|---|
| DICOM | 7,429 | 2,571 | 176 |
| NIfTI | 7,390 | 2,610 | 203 |
| JPEG | 6,266 | 3,734 | 20 |
| PNG | 9,574 | 426 | 25 |
| TIFF | 6,933 | 3,067 | 34 |
| GIF, BMP, PPM, WebP | 5,551 | 4,449 | 12 |
| masks of all kinds | 8,238 | 1,762 | 36 |
"""


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(map(_section, FAMILIES)) + FUZZED


def _section(family: Family) -> str:
    head = f"\n## {family.name}\n"
    if family.attributes:
        head += "\n| attribute | standing | what | held by |\n|---|---|---|---|\n"
        head += "".join(_row(row, family) for row in family.attributes)
    if family.limits:
        head += "\n| limit of one file | of | at most |\n|---|---|---|\n" + "".join(
            map(_limit, family.limits)
        )
    return head


def _limit(bound: Limit) -> str:
    return f"| {bound.format} | {bound.of} | {bound.most:,} {bound.unit}".rstrip() + " |\n"


def _row(row: Attribute, family: Family) -> str:
    file, _, test = row.held_by.partition("::")
    held = f"[{test.replace('::', ', ').replace('_', ' ')}]({TESTS}{file})" if test else ""
    of = "" if row.format == family.name else f"{row.format}: "
    return f"| {of}{_cell(row.name)} | {row.standing} | {_cell(row.what)} | {held} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
