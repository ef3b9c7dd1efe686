"""Compile a reviewed extractor with RestrictedPython, its attribute reads guarded by what they are read of.

Guards that check nothing are not emitted: every attribute name is checked before the first pixel, and an
instance of a common type is read without a call. A store goes through a guard that knows a handful of types.
What this does *not* do: bound time or memory; that is the other wall's work.
"""

import ast
import types
from collections import Counter
from collections.abc import Sequence
from typing import Any

from RestrictedPython.compile import compile_restricted
from RestrictedPython.transformer import RestrictingNodeTransformer

from scafe.knowledge.contract.bounds import every_node
from scafe.sandbox.language import policy
from scafe.sandbox.language.imports import ImportTable
from scafe.sandbox.language.review import Review

FILENAME = "<extractor>"
HEAD = ("CRITERION", "FEATURES")
"""What `parse_extractor` reads as literals."""


class Lean(RestrictingNodeTransformer):
    """RestrictedPython's transformer without the guards that would check nothing here."""

    own_attributes: frozenset[str] = frozenset()
    imports: ImportTable = ImportTable(frozenset(), {})

    def plain(self, node: Any) -> Any:
        """Visit what is inside a node and keep the node as it is."""
        return self.node_contents_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:  # noqa: N802
        """Read listed names of instances only, others by `_getattr_`; store through `_own_`."""
        if not isinstance(node.ctx, ast.Load):
            node = self.plain(node)
            node.value = _call("_own_", node.value)
            return node
        if node.attr in self.own_attributes or node.attr in policy.JUDGED or node.attr not in policy.METHODS:
            return super().visit_Attribute(node)
        is_instance = self.is_instance(node.value)
        node = self.plain(node)
        node.value = node.value if is_instance else _readable(node.value)
        return node

    def is_instance(self, value: ast.expr) -> bool:
        """Whether an expression can only give something that plain reading is safe on.

        An import that nothing rebinds is a facade, a display is a value, and a listed attribute gives none
        but instances (the walk over all of them holds it), unless a facade or an own class has the name.
        """
        if isinstance(value, ast.Attribute):
            known = policy.METHODS - policy.FACADE_MEMBERS - self.own_attributes - policy.JUDGED
            return value.attr in known or self.imports.module_of(value) is not None
        if isinstance(value, ast.Name):
            return self.imports.module_of(value) is not None
        return isinstance(value, (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set))

    def visit_Subscript(self, node: ast.Subscript) -> Any:  # noqa: N802
        """Read plainly, store through `_write_`."""
        return self.plain(node) if isinstance(node.ctx, ast.Load) else super().visit_Subscript(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> Any:  # noqa: N802
        """Hide addresses before a value is formatted, whatever the format cuts away."""
        node = self.plain(node)
        node.value = _call("_shown_", node.value, ast.Constant(node.conversion))
        node.conversion = -1
        return node

    def visit_BinOp(self, node: ast.BinOp) -> Any:  # noqa: N802
        """Guard the right side of `%`, which may be a text's values."""
        node = self.plain(node)
        if isinstance(node.op, ast.Mod) and not _is_number(node.left):
            node.right = _percent(node.right)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:  # noqa: N802
        """Keep `hist[k] += 1` as it is: its target is guarded as a store."""
        node = self.plain(node)
        if isinstance(node.op, ast.Mod):
            node.value = _percent(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> Any:  # noqa: N802
        """Guard `casting=` and `**options`, by which a ufunc writes objects into text."""
        node = self.plain(node)
        for keyword in node.keywords:
            if keyword.arg in (None, "casting"):
                keyword.value = _call("_casting_" if keyword.arg else "_options_", keyword.value)
        return node

    visit_Assign = plain  # noqa: N815
    visit_With = plain  # noqa: N815
    guard_iter = plain


def _is_number(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and type(value.value) in (int, float)


def _percent(value: ast.expr) -> ast.expr:
    return value if _is_number(value) else _call("_percent_", value)


def _readable(value: ast.expr) -> ast.expr:
    """Emit the check of what an attribute is read of; a name is looked at in place, at a third of a call."""
    if not isinstance(value, ast.Name):
        return _call("_readable_", value)
    plain = ast.Name("_plain_", ast.Load())
    known = ast.Compare(_call("_type_", value), [ast.In()], [plain])
    chosen = ast.IfExp(known, value, _call("_readable_", value))
    _place(value, plain, known, chosen)
    return chosen


def _call(guard: str, value: ast.expr, *more: ast.expr) -> ast.Call:
    name = ast.Name(guard, ast.Load())
    call = ast.Call(name, [value, *more], [])
    _place(value, name, *more, call)
    return call


def _place(value: ast.expr, *made: ast.expr) -> None:
    """Say of new nodes that they stand where a value stands; what is inside it knows its place."""
    for node in made:
        ast.copy_location(node, value)


def compile_reviewed(review: Review) -> types.CodeType:
    """Compile a source that passed its review.

    Raises
    ------
    SyntaxError
        If RestrictedPython refuses what the review let through (it judges a second time).
    """
    if review.tree is None:
        raise SyntaxError("the source was refused")
    nodes = every_node(review.tree)
    known = {"own_attributes": review.own_attributes, "imports": ImportTable.of(nodes)}
    lean = type("LeanHere", (Lean,), known)
    return compile_restricted(_without_unread_head(review.tree, nodes), FILENAME, "exec", policy=lean)


def _without_unread_head(tree: ast.Module, nodes: Sequence[ast.AST]) -> ast.Module:
    """Leave out CRITERION and FEATURES where no other line names them: they are read from the text.

    The module runs anew for every image, and building FEATURES was half of what that cost.
    """
    named = Counter(node.id for node in nodes if isinstance(node, ast.Name))
    body = [line for line in tree.body if not (_head_name(line) and named[_head_name(line)] == 1)]
    return ast.Module(body, tree.type_ignores)


def _head_name(line: ast.stmt) -> str:
    target = line.targets[0] if isinstance(line, ast.Assign) and len(line.targets) == 1 else None
    return target.id if isinstance(target, ast.Name) and target.id in HEAD else ""
