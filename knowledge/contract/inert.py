"""Text from outside as text that only shows: no character of it steers a terminal, a log or an editor.

File names, labels, packs, replies and other people's runs are written by others. A terminal obeys control
characters in them; bidirectional overrides let a line read otherwise than it is (Boucher and Anderson,
"Trojan Source", USENIX Security 2023); a file name that is not UTF-8 cannot be printed at all.
"""

import html
import re

HOSTILE = (
    r"\x00-\x1f\x7f-\x9f\xad"  # C0 with ESC, DEL, C1; soft hyphen
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks, overrides and isolates of writing direction
    r"\u200b-\u200d\u2028\u2029\u2060-\u2065\ufeff"  # without width; other line ends
    r"\ud800-\udfff"  # lone surrogates: bytes of a file name that were no UTF-8
    r"\U000e0000-\U000e007f"  # tags, which no font shows
)
ONE_LINE = re.compile(f"[{HOSTILE}]")
MANY_LINES = re.compile(rf"(?![\n\t])[{HOSTILE}]")
ESCAPED_BYTES = range(0xDC80, 0xDD00)
"""Where Python keeps a byte of a file name that is not UTF-8 (PEP 383)."""


def inert(text: str) -> str:
    r"""Return one line of text with every hostile character shown by its code.

    >>> inert("keloid\x1b[2J\n"), inert("M\udcfcller.png")
    ('keloid⟨U+001B⟩[2J⟨U+000A⟩', 'M\\xfcller.png')
    """
    return ONE_LINE.sub(_shown, text)


def inert_lines(text: str) -> str:
    r"""Return text of many lines with every hostile character shown; line ends and tabs stay.

    >>> inert_lines("one\r\ntwo\x07")
    'one\ntwo⟨U+0007⟩'
    """
    return MANY_LINES.sub(_shown, text.replace("\r\n", "\n"))


def inert_json(text: str) -> str:
    r"""Return a JSON document with every hostile character as JSON's own escape: the values stay the same.

    >>> inert_json('["\x9b\u202e"]')
    '["\\u009b\\u202e"]'
    """
    return MANY_LINES.sub(_as_json, text)


def inert_markdown(text: str) -> str:
    r"""Return one line of Markdown that cannot become markup.

    >>> inert_markdown("# <b>[x](y)\n_z_")
    '\\# &lt;b&gt;\\[x\\](y) \\_z\\_'
    """
    one_line = " ".join(inert_lines(text).split())
    marked = re.sub(r"([\\`*_\[\]])", r"\\\1", html.escape(one_line, quote=False))
    return re.sub(r"^([#~+-]+|\d+[.)])(?= |$)", r"\\\1", marked)


def inert_cell(text: str) -> str:
    r"""Return `inert_markdown` that cannot end a cell of a table.

    >>> inert_cell("a|b")
    'a\\|b'
    """
    return inert_markdown(text).replace("|", "\\|")


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if code in ESCAPED_BYTES else f"⟨U+{code:04X}⟩"


def _as_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
