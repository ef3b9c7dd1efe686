"""Text from outside as it stands on a page: escaped, what would not show by its code and marked."""

import re
from typing import Any

from markupsafe import Markup, escape

from scafe.knowledge.contract.inert import inert_lines

CODE = re.compile(r"⟨U\+[0-9A-F]{4,6}⟩")


def plain(value: Any) -> Any:
    r"""Return any value as text that is safe inside an element and inside a quoted attribute.

    >>> str(plain("<b>\x1b\u202e"))
    '&lt;b&gt;⟨U+001B⟩⟨U+202E⟩'
    """
    if hasattr(value, "__html__"):
        return value
    return Markup(escape(inert_lines("" if value is None else str(value))))  # noqa: S704  # escaped here


def marked(value: Any) -> Markup:
    r"""Return text for an element, with every character that would not show set apart.

    >>> str(marked("a\u200b"))
    'a<mark class="odd" title="this character does not show by itself">⟨U+200B⟩</mark>'
    """
    return mark_codes(Markup(plain(value)))  # noqa: S704  # `plain` escapes


def mark_codes(safe: Markup) -> Markup:
    """Set the codes in text apart that is escaped already."""
    put = r'<mark class="odd" title="this character does not show by itself">\g<0></mark>'
    return Markup(CODE.sub(put, str(safe)))  # noqa: S704  # the text is escaped, what is put around it is ours


def odd_count(text: str) -> int:
    """Return how many characters of a text would not show."""
    shown = inert_lines(text)
    return len(CODE.findall(shown)) - len(CODE.findall(text))
