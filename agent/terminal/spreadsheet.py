"""Text for a cell of a CSV that a person opens in a spreadsheet: it must stay text.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@` for a formula, quoted or not, and a formula may
read other cells and send them away (OWASP, "CSV Injection"; CWE-1236).
"""

import re

from scafe.knowledge.contract.inert import inert

FORMULA = re.compile(r"(?P<before>(?:^|[;\t|])\s*)(?P<first>[=+\-@＝＋－＠])")
"""At the beginning, also behind blanks and in full width; and behind a mark at which a spreadsheet of another
language cuts the cell in two."""


def as_text_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one.

    >>> as_text_cell("=1+1"), as_text_cell("a;@x"), as_text_cell("keloid-2.png")
    ("'=1+1", "a;'@x", 'keloid-2.png')
    """
    return FORMULA.sub(r"\g<before>'\g<first>", inert(text))
