r"""Bytes from outside made into text, once, where they come in.

A reply, an error body or a name may hold bytes that are no UTF-8, or half of a surrogate pair written as
an escape (`\ud83d`, which is valid JSON). Neither can be written to a file again, so each becomes U+FFFD
here and is counted. Lines of a wire format end at CR and LF alone: `str.splitlines` also cuts at U+2028,
U+0085, vertical tab and form feed, which are text (WHATWG HTML, 9.2.6 Interpreting an event stream).
"""

import re
from dataclasses import dataclass

REPLACEMENT = "\ufffd"
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Mended:
    """A text that can be written, and what it took."""

    text: str
    """Valid Unicode."""
    replaced: int
    """Characters that stand as U+FFFD and were something else."""

    @property
    def note(self) -> str:
        """One sentence about it; '' if nothing was replaced."""
        if not self.replaced:
            return ""
        return f"{self.replaced} characters were no valid Unicode and stand as U+FFFD"


def mend_text(text: str) -> Mended:
    r"""Join surrogate pairs that were sent in two pieces, and replace halves by U+FFFD.

    Examples
    --------
    >>> mend_text("a\ud83db")
    Mended(text='a\ufffdb', replaced=1)
    """
    joined = _PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    mended, replaced = _HALF.subn(REPLACEMENT, joined)
    return Mended(mended, replaced)


def decode(raw: bytes) -> Mended:
    """Decode UTF-8, with or without a mark at its start; what is none becomes U+FFFD."""
    try:
        return Mended(raw.decode("utf-8-sig"), 0)
    except UnicodeDecodeError:
        text = raw.decode("utf-8-sig", "replace")
        return Mended(text, text.count(REPLACEMENT) - raw.count(REPLACEMENT.encode()))


def wire_lines(text: str) -> list[str]:
    r"""Cut a wire format at CR, LF and CR LF, and nowhere else.

    Examples
    --------
    >>> wire_lines("data: a\u2028b\r\ndata: c\x85d")
    ['data: a\u2028b', 'data: c\x85d']
    """
    return _LINE_END.split(text)
