"""Give features of an extractor other names, without touching anything else in its text."""

import ast
import io
import tokenize
from collections.abc import Collection, Mapping

LONGEST_NAME = 48


def free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, or the name with the first number that is free.

    >>> free_name("delta_a", {"delta_a", "delta_a_2"})
    'delta_a_3'
    """
    number, fresh = 1, name
    while fresh in taken:
        number += 1
        suffix = f"_{number}"
        fresh = name[: LONGEST_NAME - len(suffix)] + suffix
    return fresh


def rename_features(source: str, names: Mapping[str, str]) -> str:
    r"""Return the source with every string literal that equals a feature's name replaced.

    >>> rename_features('FEATURES = {"a": 1}\\nb = {"a": "ab"}\\n', {"a": "c"})
    'FEATURES = {"c": 1}\\nb = {"c": "ab"}\\n'
    """
    if not names:
        return source
    lines = source.splitlines(keepends=True)
    for token in reversed(_strings(source)):
        (row, start), (_, end) = token.start, token.end
        fresh = names.get(_value(token.string))
        if fresh is not None and token.start[0] == token.end[0]:
            line = lines[row - 1]
            quote = token.string[-1]
            lines[row - 1] = line[:start] + quote + fresh + quote + line[end:]
    return "".join(lines)


def _strings(source: str) -> list[tokenize.TokenInfo]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token for token in tokens if token.type == tokenize.STRING]


def _value(text: str) -> str:
    value = ast.literal_eval(text)
    return value if isinstance(value, str) else ""
