"""Source as lines of a page: highlighted, numbered, and beside another source."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from markupsafe import Markup
from pygments import lex
from pygments.lexers.python import PythonLexer
from pygments.token import STANDARD_TYPES, Token, _TokenType

from scafe.agent.view.marked import mark_codes, plain
from scafe.knowledge.contract.inert import inert_lines

MOST_LINES: Final = 2000
"""Of a source that are shown; an extractor has at most 120."""
MOST_CHARACTERS: Final = 200_000


@dataclass(frozen=True)
class Line:
    """One line of a source."""

    number: int
    html: Markup


@dataclass(frozen=True)
class Row:
    """Two sources side by side: one line of each, or of one."""

    before: Line | None
    after: Line | None
    kind: str
    """same, changed, gone or new."""


@lru_cache(maxsize=32)
def highlighted(source: str) -> tuple[Line, ...]:
    """Return the lines of a Python source, its tokens as classes that the style sheet knows."""
    lines: list[list[str]] = [[]]
    for kind, text in lex(inert_lines(source)[:MOST_CHARACTERS], PythonLexer(stripnl=False)):
        for place, piece in enumerate(text.split("\n")):
            if place:
                lines.append([])
            if piece:
                lines[-1].append(_span(kind, piece))
    while lines and not lines[-1]:
        lines.pop()
    joined = ["".join(pieces) for pieces in lines[:MOST_LINES]]
    return tuple(
        Line(number, mark_codes(Markup(html)))  # noqa: S704  # every piece was escaped
        for number, html in enumerate(joined, start=1)
    )


def side_by_side(before: str, after: str) -> list[Row]:
    """Lay two sources beside each other, equal lines at the same height."""
    old, new = highlighted(before), highlighted(after)
    texts = [inert_lines(source).split("\n") for source in (before, after)]
    matcher = difflib.SequenceMatcher(None, texts[0][: len(old)], texts[1][: len(new)], autojunk=False)
    rows: list[Row] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        rows += _rows("same" if tag == "equal" else "changed", old[a:b], new[c:d])
    return rows


def around_changes(rows: Sequence[Row], margin: int = 3) -> list[Row | None]:
    """Leave out what is equal, but for a few lines around each change; None stands where lines were left."""
    near = {
        place + step
        for place, row in enumerate(rows)
        if row.kind != "same"
        for step in range(-margin, margin + 1)
    }
    shown: list[Row | None] = []
    for place, row in enumerate(rows):
        if place in near:
            shown.append(row)
        elif shown and shown[-1] is not None:
            shown.append(None)
    return shown


def _rows(kind: str, old: Sequence[Line], new: Sequence[Line]) -> list[Row]:
    rows = []
    for place in range(max(len(old), len(new))):
        left = old[place] if place < len(old) else None
        right = new[place] if place < len(new) else None
        told = kind if left and right else "gone" if left else "new"
        rows.append(Row(left, right, told))
    return rows


def _span(kind: _TokenType, text: str) -> str:
    while kind not in STANDARD_TYPES:
        kind = kind.parent or Token
    name = STANDARD_TYPES[kind]
    return f'<span class="{name}">{plain(text)}</span>' if name in SHOWN else str(plain(text))


SHOWN: Final = frozenset("k kc kn kr ow nf nb nc nn s1 s2 sd se si mi mf c1".split())
"""Token classes with a colour of their own."""
