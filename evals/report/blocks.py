"""What a report is made of before it is HTML, Markdown or JSON: sections of paragraphs, tables, figures."""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from scafe.knowledge.contract.inert import inert_cell, inert_lines, inert_markdown


class Block(BaseModel):
    """Frozen, closed record of a report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paragraph(Block):
    """A paragraph; a warning stands in a frame."""

    kind: Literal["paragraph"] = "paragraph"
    text: str
    tone: Literal["plain", "warning"] = "plain"


class Bullets(Block):
    """A list."""

    kind: Literal["bullets"] = "bullets"
    items: tuple[str, ...]


class Table(Block):
    """A table; the first column names the row."""

    kind: Literal["table"] = "table"
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = Field(default=(), description="columns set flush right")


class Figure(Block):
    """A plot; its numbers stand in the table that follows it."""

    kind: Literal["figure"] = "figure"
    title: str
    alt: str = Field(description="what a reader sees in it, in words")
    svg: str

    @property
    def data_uri(self) -> str:
        """The plot as an address that needs no file."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode()


class Section(Block):
    """A headed part."""

    id: str
    title: str
    blocks: tuple[Paragraph | Bullets | Table | Figure, ...]


class Report(Block):
    """The whole report, without any time of day."""

    format: Literal["scafe/report@1"] = "scafe/report@1"
    title: str
    sections: tuple[Section, ...]


def table(
    caption: str, header: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[int] = ()
) -> Table:
    """Build a table from any sequences of text."""
    return Table(caption=caption, header=tuple(header), rows=tuple(map(tuple, rows)), numeric=tuple(numeric))


def visible(text: str) -> str:
    """Show what a reader would not see: direction marks, zero-width and control characters by their code."""
    return inert_lines(text)


def to_markdown(report: Report, times: str) -> str:
    """Write a report as Markdown; times stand on one line of their own."""
    lines = [f"# {inert_markdown(report.title)}", "", f"Times: {inert_markdown(times)}", ""]
    for section in report.sections:
        lines += [f"## {inert_markdown(section.title)}", ""]
        for block in section.blocks:
            lines += [*_markdown(block), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def to_json(report: Report, times: str) -> str:
    """Write a report as JSON: the same content, figures left to their tables; times on one line."""
    data = report.model_dump(mode="json", exclude={"sections": {"__all__": {"blocks": {"__all__": {"svg"}}}}})
    return json.dumps({**data, "times": times}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def report_body(text: str) -> str:
    """Return a report of any of the three forms without the one line that holds times.

    Two reports of the same run have the same body.
    """
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not re.match(r'\s*(<p id="times"|Times: |"times": )', line))


def _markdown(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield f"**{inert_markdown(block.text)}**" if block.tone == "warning" else inert_markdown(block.text)
    elif isinstance(block, Bullets):
        yield from (f"- {inert_markdown(item)}" for item in block.items)
    elif isinstance(block, Figure):
        yield f"*Figure: {inert_markdown(block.title)}. {inert_markdown(block.alt)}*"
    elif isinstance(block, Table):
        yield f"*{inert_markdown(block.caption)}*"
        yield ""
        yield _row(block.header)
        yield "|" + "|".join("---:" if n in block.numeric else "---" for n in range(len(block.header))) + "|"
        yield from (_row(row) for row in block.rows)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(inert_cell(cell) for cell in cells) + " |"
