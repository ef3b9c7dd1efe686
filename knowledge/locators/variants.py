"""Variants of a locator: the same text with one constant at another of the values that it names itself."""

import ast

from scafe.knowledge.contract.locator import Locator, parse_locator


def variants_of(locator: Locator, most: int) -> tuple[Locator, ...]:
    r"""Return variants that differ from a locator in one constant each, the first value of each first.

    Parameters
    ----------
    locator : Locator
        Its VARIANTS name the constants and other values of them; without VARIANTS there is no variant.
    most : int
        How many at most.

    Examples
    --------
    >>> text = 'LOCATOR = "mass"\nEDGE = 3\nVARIANTS = {"EDGE": [2, 4]}\n'
    >>> text += "def locate(image):\n    return image > EDGE, 1.0\n"
    >>> [one.source.splitlines()[1] for one in variants_of(parse_locator(text), 5)]
    ['EDGE = 2', 'EDGE = 4']
    """
    turns = max((len(values) for values in locator.variants.values()), default=0)
    changes = [
        (name, values[turn])
        for turn in range(turns)
        for name, values in locator.variants.items()
        if turn < len(values)
    ]
    sources = dict.fromkeys(_with_constant(locator.source, name, value) for name, value in changes)
    return tuple(parse_locator(one) for one in sources if one != locator.source)[:most]


def _with_constant(source: str, name: str, value: float) -> str:
    """Write another value behind a module's `NAME = `; everything else stays as it is."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            lines = source.splitlines(keepends=True)
            at, end = node.value.col_offset, node.value.end_col_offset
            line = lines[node.value.lineno - 1].encode()
            lines[node.value.lineno - 1] = (line[:at] + repr(value).encode() + line[end:]).decode()
            return "".join(lines)
    return source
