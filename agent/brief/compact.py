"""A module without its comments and docstrings: what a prompt shows of code that is read and not revised."""

import io
import re
import tokenize


def compact(source: str) -> str:
    r"""Leave out comments, docstrings and blank lines; every other byte stays.

    Examples
    --------
    >>> print(compact("LIMIT = 3  # pixels\n\n\ndef size(mask):\n    'Count.'\n    return mask.sum()\n"))
    LIMIT = 3
    def size(mask):
        return mask.sum()
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source
    lines = source.splitlines(keepends=True)
    for start, end in reversed(_left_out(tokens)):
        _cut(lines, start, end)
    return re.sub(r"(?m)^[ \t]*\n|[ \t]+$", "", "".join(lines))


def _left_out(tokens: list[tokenize.TokenInfo]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where comments stand, and strings that are a statement of their own."""
    found = []
    begins = True
    for one, after in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        is_alone = begins and one.type == tokenize.STRING and after.type == tokenize.NEWLINE
        if one.type == tokenize.COMMENT or is_alone:
            found.append((one.start, one.end))
        if one.type not in (tokenize.COMMENT, tokenize.NL):
            begins = one.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
    return found


def _cut(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> None:
    """Cut from (line, column) to (line, column), lines counted from 1."""
    first, last = start[0] - 1, end[0] - 1
    lines[first : last + 1] = [lines[first][: start[1]] + lines[last][end[1] :]]
