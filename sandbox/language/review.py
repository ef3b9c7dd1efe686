"""The static review: refuse an extractor before it sees a pixel, and say line, why and the way out.

What it does *not* do: judge values or time. It runs inside the jailed worker, never in the host,
because parsing hostile text is attack surface.
"""

import ast
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from scafe.knowledge.contract.bounds import TreeSize, children, every_node, unfit, unfit_tree
from scafe.sandbox.language import policy
from scafe.sandbox.language.imports import ImportTable, refused_import
from scafe.sandbox.language.members import MEMBERS, members_of
from scafe.sandbox.language.policy import SOURCE_LIMITS, Reason
from scafe.sandbox.language.preparation import Preparation

MAX_REFUSALS = 6
TOO_LARGE = Reason("nested too deep or too long", "split the expression")
CONSTANT_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True)
class Refusal:
    """One construct that the language wall does not let through."""

    line: int
    """1-based line of the source."""
    construct: str
    """The construct as written, shortened."""
    reason: Reason
    """Why, and what to write instead."""

    def __str__(self) -> str:
        """Say it in one sentence, for a model or a person to repair from."""
        return f"line {self.line}: {self.construct}: {self.reason.why}; {self.reason.instead}"


@dataclass(frozen=True)
class Review:
    """What the review of one source came to."""

    tree: ast.Module | None
    """The prepared syntax tree, or None if anything was refused."""
    own_attributes: frozenset[str]
    """Attribute names that the extractor's own classes define."""
    refusals: tuple[Refusal, ...]
    """In the order of lines; empty if the source passed."""


def review(source: str) -> Review:
    """Review the text of one extractor.

    Parameters
    ----------
    source : str
        A Python module; anything at all may stand in it.

    Returns
    -------
    Review
        Either a prepared tree and no refusals, or no tree and at least one refusal.

    Examples
    --------
    >>> found = review("import os")
    >>> str(found.refusals[0])[:26]
    'line 1: import os: is not '
    """
    parsed = _parse(source)
    if isinstance(parsed, Refusal):
        return Review(None, frozenset(), (parsed,))
    prepared = Preparation().visit(parsed)
    reviewer = Reviewer(prepared)
    reviewer.visit(prepared)
    refusals = sorted(set(reviewer.refusals), key=lambda refusal: (refusal.line, refusal.construct))
    own = reviewer.own_attributes
    return Review(None if refusals else prepared, own, tuple(refusals[:MAX_REFUSALS]))


def _parse(source: str) -> ast.Module | Refusal:
    if len(source) > SOURCE_LIMITS.characters or "\0" in source:
        why = f"more than {SOURCE_LIMITS.characters} characters, or a NUL character"
        return Refusal(1, "the source", Reason(why, "write a shorter module"))
    if found := unfit(source):
        return Refusal(1, "the source", Reason(f"has {found}", "write a shorter module"))
    try:
        tree = ast.parse(source, "<extractor>")
    except SyntaxError as error:
        return Refusal(error.lineno or 1, "syntax", Reason(f"not Python 3.11: {error.msg}", "correct it"))
    except (ValueError, RecursionError, MemoryError) as error:
        return Refusal(1, "the source", Reason(f"cannot be parsed ({type(error).__name__})", "simplify it"))
    return _measured(tree)


def _measured(tree: ast.Module) -> ast.Module | Refusal:
    size = TreeSize.of(tree)
    if size.depth > SOURCE_LIMITS.depth or size.nodes > SOURCE_LIMITS.nodes:
        return Refusal(_too_large_at(tree), "the source", TOO_LARGE)
    if found := unfit_tree(tree, size):
        return Refusal(1, "the source", Reason(found, "write a shorter module"))
    return tree


def _too_large_at(tree: ast.Module) -> int:
    """Return the line at which a limit of the tree is passed."""
    waiting: list[tuple[ast.AST, int, int]] = [(tree, 0, 1)]
    nodes = 0
    while waiting:
        node, depth, line = waiting.pop()
        nodes += 1
        line = getattr(node, "lineno", line)
        if depth > SOURCE_LIMITS.depth or nodes > SOURCE_LIMITS.nodes:
            return line
        waiting.extend((child, depth + 1, line) for child in children(node))
    return 1


class Reviewer(ast.NodeVisitor):
    """Visit every node once and collect refusals."""

    def __init__(self, tree: ast.Module) -> None:
        self.refusals: list[Refusal] = []
        nodes = every_node(tree)
        self.imports = ImportTable.of(nodes)
        self.bound = _bound_names(nodes) | set(self.imports.names)
        self.own_attributes = _own_attributes(nodes)
        self.own_classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}

    def refuse(self, node: ast.AST, construct: str, reason: Reason) -> None:
        """Note one refusal."""
        self.refusals.append(Refusal(getattr(node, "lineno", 1), construct[:80], reason))

    def visit(self, node: ast.AST) -> None:
        """Refuse syntax that is not on the list, whatever Python version brought it."""
        name = type(node).__name__
        if policy.allows_node(name):
            super().visit(node)
            return
        unknown = Reason("is not part of the extractor language", "write it with functions and loops")
        self.refuse(node, name, policy.REFUSED_NODES.get(name, unknown))

    def visit_Module(self, node: ast.Module) -> None:
        """Let only definitions, imports and assignments stand at module level."""
        for statement in node.body:
            docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if type(statement).__name__ not in (*policy.MODULE_LEVEL, "Pass") and not docstring:
                reason = Reason("runs while the module loads", "move it into extract(image, mask)")
                self.refuse(statement, f"{type(statement).__name__} at module level", reason)
        for name in sorted(self.bound & policy.UNBINDABLE):
            reason = Reason(
                "must keep its meaning: guards and base classes rely on it", "choose another name"
            )
            self.refuse(_binding_of(node, name), f"{name} = …", reason)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """Check each imported module."""
        for alias in node.names:
            reason = refused_import(alias.name, None)
            if reason:
                self.refuse(node, f"import {alias.name}", reason)
            self.check_name(node, alias.asname or alias.name.split(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Check each imported member."""
        for alias in node.names:
            reason = refused_import("." * node.level + (node.module or ""), alias.name)
            if reason:
                self.refuse(node, f"from {node.module} import {alias.name}", reason)
            self.check_name(node, alias.asname or alias.name)

    def check_name(self, node: ast.AST, name: str | None) -> None:
        """Refuse to bind or read a name that belongs to Python or to the guards."""
        if name and name != "_" and (name.startswith("_") or name.endswith("__roles__")):
            reason = Reason("names with leading underscores of this form belong to Python", "rename it")
            self.refuse(node, name, reason)

    def visit_Name(self, node: ast.Name) -> None:
        """Refuse reserved names and names that nothing defines."""
        self.check_name(node, node.id)
        if node.id in ("getattr", "hasattr"):
            self.refuse(node, node.id, policy.REFUSED_NAMES[node.id])
        elif isinstance(node.ctx, ast.Load) and not self.is_defined(node.id) and node.id[:1] != "_":
            reason = policy.REFUSED_NAMES.get(node.id) or Reason("is not defined here", "define or import it")
            self.refuse(node, node.id, reason)

    def is_defined(self, name: str) -> bool:
        """Whether the module, the builtins or the exceptions define `name`."""
        known = (*policy.BUILTINS, *policy.CATCHABLE, "print_nothing")
        return name in self.bound or (name in known and name not in ("LinAlgError", "error"))

    def visit_arg(self, node: ast.arg) -> None:
        """Check an argument's name, positional-only ones too."""
        self.check_name(node, node.arg)

    def visit_keyword(self, node: ast.keyword) -> None:
        """Check the keyword of a call or class."""
        self.check_name(node.value, node.arg)
        self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Refuse integers and byte strings that have no use in an extractor."""
        value = node.value
        if isinstance(value, int) and abs(value) > SOURCE_LIMITS.integer:
            self.refuse(node, "integer literal", Reason("larger than 2**63", "use a float"))
        elif isinstance(value, bytes):
            self.refuse(node, "bytes literal", policy.REFUSED_NAMES["bytes"])

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Check the attribute against the module it is taken from, else against the global list."""
        module = self.imports.module_of(node.value)
        if isinstance(node.ctx, ast.Load) and module is not None:
            self.check_member(node, module)
        else:
            self.check_attribute(node, node.attr)
        self.visit(node.value)

    def check_member(self, node: ast.Attribute, module: str) -> None:
        """Refuse a member that the module's facade does not offer."""
        if node.attr in members_of(module) or f"{module}.{node.attr}" in MEMBERS:
            return
        if module == "cv2" and CONSTANT_NAME.fullmatch(node.attr):
            return
        self.refuse(node, f"{ast.unparse(node)}", reason_for_member(module, node.attr))

    def check_attribute(self, node: ast.AST, name: str) -> None:
        """Refuse an attribute that is not harmless on every object."""
        if name.startswith("_") or name.endswith("__roles__"):
            reason = Reason("attributes with leading underscores belong to Python", "use a public method")
        elif name in policy.METHODS or name in self.own_attributes:
            return
        elif name in policy.FACADE_MEMBERS or CONSTANT_NAME.fullmatch(name):
            return  # decided at run time: only a facade may answer to it
        else:
            reason = policy.REFUSED_ATTRIBUTES.get(name) or reason_for_attribute(name)
        self.refuse(node, f".{name}", reason)

    def visit_Call(self, node: ast.Call) -> None:
        """Let `getattr` and `hasattr` take a literal name, checked like any attribute."""
        if not isinstance(node.func, ast.Name) or node.func.id not in ("getattr", "hasattr"):
            self.generic_visit(node)
            return
        name = node.args[1] if len(node.args) > 1 else None
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and not node.keywords:
            self.check_attribute(node, name.value)
        else:
            self.refuse(node, node.func.id, policy.REFUSED_NAMES[node.func.id])
        for argument in node.args:
            self.visit(argument)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Check a function's name; special methods are checked where a class defines them."""
        if node.name not in policy.CLASS_METHODS:
            self.check_name(node, node.name)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Let a class be plain: no hooks, no foreign base, no metaclass, no decorator."""
        self.check_name(node, node.name)
        for base in node.bases:
            if not (isinstance(base, ast.Name) and base.id in ("object", *policy.EXCEPTION_BASES)):
                self.refuse(node, f"class {node.name}", Reason("has a base class", "write a plain class"))
        if node.keywords or node.decorator_list:
            reason = Reason(
                "metaclasses and class decorators act while the module loads", "write a plain class"
            )
            self.refuse(node, f"class {node.name}", reason)
        for statement in node.body:
            self.check_class_statement(node, statement)
        self.generic_visit(node)

    def check_class_statement(self, node: ast.ClassDef, statement: ast.stmt) -> None:
        """Let methods, constants and a docstring stand in a class body."""
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not docstring and not isinstance(statement, (ast.FunctionDef, ast.Assign, ast.Pass)):
            reason = Reason("runs while the class is made", "keep methods and constants only")
            self.refuse(statement, f"statement in class {node.name}", reason)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Let a handler name allowed exceptions only."""
        self.check_name(node, node.name)
        if node.type is None:
            self.refuse(node, "bare except", Reason("it would swallow everything", "write except Exception"))
        for clause in node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]:
            named = getattr(clause, "id", getattr(clause, "attr", None))
            own = isinstance(clause, ast.Name) and clause.id in self.own_classes
            if clause is not None and not own and named not in policy.CATCHABLE:
                listed = ", ".join(sorted(policy.CATCHABLE))
                self.refuse(node, f"except {named}", Reason("is not catchable", f"catch one of {listed}"))
        self.generic_visit(node)


def reason_for_member(module: str, name: str) -> Reason:
    """Why a library member is not offered, with the nearest name that is."""
    for pattern, reason in policy.FAMILIES:
        if re.fullmatch(pattern, name):
            return reason
    near = difflib.get_close_matches(name, members_of(module), n=3)
    if near:
        return Reason(policy.DEFAULT_REASON.why, f"the nearest allowed names are {', '.join(near)}")
    return policy.DEFAULT_REASON


def reason_for_attribute(name: str) -> Reason:
    """Why an attribute is not allowed, with the nearest name that is."""
    near = difflib.get_close_matches(name, policy.METHODS, n=3)
    why = "is not on the list of allowed attributes"
    return Reason(why, f"the nearest allowed names are {', '.join(near)}" if near else "leave it out")


def _bound_names(nodes: Sequence[ast.AST]) -> set[str]:
    bound: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)) and node.name:
            bound.add(node.name)
    return bound


def _binding_of(tree: ast.Module, name: str) -> ast.AST:
    for node in ast.walk(tree):
        if name in (getattr(node, "id", None), getattr(node, "name", None), getattr(node, "arg", None)):
            if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
                return node
    return tree


def _own_attributes(nodes: Sequence[ast.AST]) -> frozenset[str]:
    own: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            own.update(part.name for part in node.body if isinstance(part, ast.FunctionDef))
            # a tuple, or `:=` in a value or a default, binds names of the class too
            inside = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
            own.update(part.id for part in inside if isinstance(part.ctx, ast.Store))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            own.add(node.attr)
    return frozenset(name for name in own if not name.startswith("_") and name not in {"mro", "format"})
