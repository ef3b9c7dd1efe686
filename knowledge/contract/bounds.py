"""How large Python text may be before it is parsed, and how deep and large its tree before it is compiled.

A text of 5 kB can take gigabytes to compile: CPython copies the body of a `finally` to every way out of
its `try`, so nested ones double with each level. All is counted in one pass over the text or its tree, so the
same text is refused on a fast and on a slow machine.
"""

import ast
import re
from dataclasses import dataclass

MOST_CHARACTERS = 65_536
MOST_TOKENS = 12_000
"""An extractor of 120 full lines has about 3,000."""
MOST_BRACKETS = 40
"""Brackets open at once; the shipped measures have at most 7."""
MOST_DEPTH = 80
"""Levels of the syntax tree; a sum of 78 terms has as many."""
MOST_COMPILED = 60_000
"""Nodes of the tree with every copy that the compiler makes."""
_TOKEN = re.compile(r"\w+|[^\w\s]")
_MARK = re.compile(r"\\.|'''|\"\"\"|['\"#\n()\[\]{}]", re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"
_TEXT_LIMIT = "{found} {what}, at most {most} are read: keep one idea"


class UnfitError(SyntaxError):
    """A text passes a bound."""

    def __init__(self, told: str, *, is_python: bool) -> None:
        super().__init__(told)
        self.is_python = is_python
        """Whether it was found to be Python; a text that was not parsed may be anything."""


def unfit(source: str) -> str:
    """Say why a text is too much to be parsed; '' if it is not.

    Examples
    --------
    >>> unfit("x = " + "[" * 60)
    '60 brackets open at once, at most 40 are read: keep one idea'
    >>> unfit("x = 1")
    ''
    """
    if len(source) > MOST_CHARACTERS:
        return _TEXT_LIMIT.format(found=len(source), what="characters", most=MOST_CHARACTERS)
    tokens = sum(1 for _ in _TOKEN.finditer(source))
    if tokens > MOST_TOKENS:
        return _TEXT_LIMIT.format(found=tokens, what="tokens", most=MOST_TOKENS)
    brackets = _deepest_brackets(source)
    if brackets > MOST_BRACKETS:
        return _TEXT_LIMIT.format(found=brackets, what="brackets open at once", most=MOST_BRACKETS)
    return ""


def parse_bounded(source: str) -> ast.Module:
    """Parse Python text that is not too much.

    Raises
    ------
    UnfitError
        Where a bound is passed; it is a SyntaxError.
    SyntaxError
        As Python does.
    ValueError, RecursionError, MemoryError
        As Python does: NUL characters, text that no tree can be made of.
    """
    if found := unfit(source):
        raise UnfitError(found, is_python=False)
    tree = ast.parse(source)
    if found := unfit_tree(tree):
        raise UnfitError(found, is_python=True)
    return tree


@dataclass(frozen=True)
class TreeSize:
    """How large a tree is."""

    nodes: int
    depth: int
    """Levels below the root."""
    has_finally: bool
    """Whether the compiler will copy parts of it."""

    @classmethod
    def of(cls, tree: ast.AST) -> "TreeSize":
        """Count level by level.

        Examples
        --------
        >>> TreeSize.of(ast.parse("x = 1"))
        TreeSize(nodes=5, depth=3, has_finally=False)
        """
        level, nodes, depth, has_finally = [tree], 0, -1, False
        while level:
            nodes, depth = nodes + len(level), depth + 1
            has_finally = has_finally or any(getattr(node, "finalbody", None) for node in level)
            level = [child for node in level for child in children(node)]
        return cls(nodes, depth, has_finally)


def unfit_tree(tree: ast.AST, size: TreeSize | None = None) -> str:
    """Say why a tree is too much to be worked on or compiled; '' if it is not."""
    size = size or TreeSize.of(tree)
    if size.depth > MOST_DEPTH:
        return f"code is nested more than {MOST_DEPTH} deep: split the expression"
    if (_compiled_size(tree) if size.has_finally else size.nodes) > MOST_COMPILED:
        return "try statements with finally are nested too deep: leave them out"
    return ""


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below a node, as `ast.iter_child_nodes` in half the time: every cell reviews."""
    found: list[ast.AST] = []
    for name in node._fields:
        part = getattr(node, name, None)
        if isinstance(part, ast.AST):
            found.append(part)
        elif isinstance(part, list):
            found += [one for one in part if isinstance(one, ast.AST)]
    return found


def every_node(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return a node and all below it, level by level, as `ast.walk` does."""
    found = [tree]
    for node in found:  # it grows while it is read
        found += children(node)
    return tuple(found)


def _deepest_brackets(source: str) -> int:
    """Count brackets outside of texts and comments; what is no Python is counted too."""
    open_now = deepest = 0
    inside = ""
    for found in _MARK.finditer(source):
        mark = found[0]
        if inside == "#":
            inside = "" if mark == "\n" else "#"
        elif inside:
            ends = mark.startswith(inside) or (mark == "\n" and len(inside) == 1)
            inside = "" if ends else inside
        elif mark[0] in "'\"#":
            inside = mark
        elif mark in _OPENING:
            open_now += 1
            deepest = max(deepest, open_now)
        elif mark in _CLOSING:
            open_now = max(0, open_now - 1)
    return deepest


def _compiled_size(node: ast.AST) -> int:
    """Count nodes, the body of a `finally` once for each way out of its `try`."""
    if isinstance(node, (ast.Try, ast.TryStar)) and node.finalbody:
        tried = [*node.body, *node.handlers, *node.orelse]
        ways_out = 2 + sum(
            isinstance(one, (ast.Return, ast.Break, ast.Continue)) for part in tried for one in ast.walk(part)
        )
        last = sum(map(_compiled_size, node.finalbody))
        return 1 + sum(map(_compiled_size, tried)) + ways_out * last
    return 1 + sum(map(_compiled_size, ast.iter_child_nodes(node)))
