"""Text from outside as text that only shows: no character of it steers a terminal, a log or an editor.

File names, labels, packs, replies and other people's runs are written by others. A terminal obeys control
characters in them; bidirectional overrides let a line read otherwise than it is (Boucher and Anderson,
"Trojan Source", USENIX Security 2023); a file name that is not UTF-8 cannot be printed at all.
"""

import re

HOSTILE = (
    r"\x00-\x1f\x7f-\x9f"  # C0 with ESC, DEL, C1
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks, overrides and isolates of writing direction
    r"\u200b\u2028\u2029\u2060\ufeff"  # without width; other line ends
    r"\ud800-\udfff"  # lone surrogates: bytes of a file name that were no UTF-8
    r"\U000e0000-\U000e007f"  # tags, which no font shows
)
ONE_LINE = re.compile(f"[{HOSTILE}]")
MANY_LINES = re.compile(rf"(?![\n\t])[{HOSTILE}]")
ESCAPED_BYTE = range(0xDC80, 0xDD00)
"""Where Python keeps a byte of a file name that is not UTF-8 (PEP 383)."""


def inert(text: str) -> str:
    r"""Return one line of text with every hostile character written out.

    >>> inert("keloid\x1b[2J\u202e"), inert("M\udcfcller.png")
    ('keloid\\x1b[2J\\u202e', 'M\\xfcller.png')
    """
    return ONE_LINE.sub(_written_out, text)


def inert_lines(text: str) -> str:
    r"""Return text of many lines with every hostile character written out; line ends and tabs stay.

    >>> inert_lines("one\ntwo\r\x07")
    'one\ntwo\\r\\x07'
    """
    return MANY_LINES.sub(_written_out, text)


def inert_json(text: str) -> str:
    r"""Return a JSON document with every hostile character as JSON's own escape: the values stay the same.

    >>> inert_json('["\x9b\u202e"]')
    '["\\u009b\\u202e"]'
    """
    return MANY_LINES.sub(_as_json, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code in ESCAPED_BYTE:
        code -= 0xDC00
    named = {0x09: r"\t", 0x0A: r"\n", 0x0D: r"\r"}.get(code)
    if named:
        return named
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _as_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
