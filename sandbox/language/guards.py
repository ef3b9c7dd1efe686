"""Compile a reviewed extractor with RestrictedPython and give it the few names it may call.

Guards that check nothing are not emitted: every attribute name is checked before the first pixel,
names that are harmless on every object compile to plain access, and a store goes through a guard
that knows a handful of types (a pixel loop costs 1.0x of plain Python instead of 4x).
What they do *not* do: bound time or memory; that is the other wall's work.
"""

import ast
import builtins
import sys
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from RestrictedPython.compile import compile_restricted
from RestrictedPython.transformer import RestrictingNodeTransformer

from scafe.sandbox.language import policy
from scafe.sandbox.language.facades import FacadeType, facades
from scafe.sandbox.language.review import Review

FILENAME = "<extractor>"
WRITABLE = (dict, list, np.ndarray, defaultdict, Counter, OrderedDict, deque)
MAX_EXPONENT = 4096
HEAD = ("CRITERION", "FEATURES")
"""What `parse_extractor` reads as literals."""


class OwnType(type):
    """Metaclass of the classes that an extractor defines."""


class Lean(RestrictingNodeTransformer):
    """RestrictedPython's transformer without the guards that would check nothing here."""

    own_attributes: frozenset[str] = frozenset()

    def plain(self, node: Any) -> Any:
        """Visit what is inside a node and keep the node as it is."""
        return self.node_contents_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> Any:  # noqa: N802
        """Read harmless names plainly, others by `_getattr_`; store through `_own_`."""
        if not isinstance(node.ctx, ast.Load):
            node = self.plain(node)
            node.value = _call("_own_", node.value)
            return node
        if node.attr in policy.METHODS and node.attr not in self.own_attributes:
            return self.plain(node)
        return super().visit_Attribute(node)

    def visit_Subscript(self, node: ast.Subscript) -> Any:  # noqa: N802
        """Read plainly, store through `_write_`."""
        return self.plain(node) if isinstance(node.ctx, ast.Load) else super().visit_Subscript(node)

    # `hist[k] += 1` stays as it is: its target is guarded as a store
    visit_AugAssign = plain  # noqa: N815
    visit_Assign = plain  # noqa: N815
    visit_Call = plain  # noqa: N815
    visit_With = plain  # noqa: N815
    guard_iter = plain


def _call(guard: str, value: ast.expr) -> ast.Call:
    call = ast.Call(ast.Name(guard, ast.Load()), [value], [])
    return ast.fix_missing_locations(ast.copy_location(call, value))


def compile_reviewed(review: Review) -> types.CodeType:
    """Compile a source that passed its review.

    Raises
    ------
    SyntaxError
        If RestrictedPython refuses what the review let through (it judges a second time).
    """
    if review.tree is None:
        raise SyntaxError("the source was refused")
    lean = type("LeanHere", (Lean,), {"own_attributes": review.own_attributes})
    return compile_restricted(_without_unread_head(review.tree), FILENAME, "exec", policy=lean)


def _without_unread_head(tree: ast.Module) -> ast.Module:
    """Leave out CRITERION and FEATURES where no other line names them: they are read from the text.

    The module runs anew for every image, and building FEATURES was half of what that cost.
    """
    named = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    body = [line for line in tree.body if not (_head_name(line) and named[_head_name(line)] == 1)]
    return ast.Module(body, tree.type_ignores)


def _head_name(line: ast.stmt) -> str:
    target = line.targets[0] if isinstance(line, ast.Assign) and len(line.targets) == 1 else None
    return target.id if isinstance(target, ast.Name) and target.id in HEAD else ""


def own_class(name: str, bases: tuple[type, ...], namespace: Mapping[str, Any]) -> type:
    """Make a class of the extractor; bases are judged as objects, since names can be shadowed."""
    kept = tuple(base for base in bases if base is not object)
    allowed = tuple(getattr(builtins, base) for base in policy.EXCEPTION_BASES)
    if any(base not in allowed for base in kept):
        raise TypeError("a class of an extractor has no base class but an exception")
    body = {**namespace, "__module__": "extractor"}
    return type(name, kept, body) if kept else OwnType(name, (), body)


def write_item(target: object) -> object:
    """Let items be stored in arrays, lists and dicts only."""
    if type(target) in WRITABLE:
        return target
    raise TypeError(f"cannot assign into a {type(target).__name__}")


def write_attribute(target: object) -> object:
    """Let attributes be stored on instances of the extractor's own classes only."""
    if type(type(target)) is OwnType:
        return target
    raise TypeError(f"cannot set an attribute of a {type(target).__name__}; keep it in a variable")


def read_attribute(target: Any, name: str, *default: Any) -> Any:
    """Read an attribute of a facade, of an own object, or one that is harmless everywhere."""
    if type(name) is not str or name[:1] == "_":
        raise AttributeError("attributes with leading underscores belong to Python")
    kind = type(target)
    if type(kind) is FacadeType or type(kind) is OwnType or name in policy.METHODS:
        return getattr(target, name, *default)
    if kind is OwnType and name not in dir(type):
        return getattr(target, name, *default)
    raise AttributeError(f".{name} is not on the list of allowed attributes")


def has_attribute(target: Any, name: str) -> bool:
    """Whether `read_attribute` would find something."""
    try:
        read_attribute(target, name)
    except AttributeError:
        return False
    return True


def import_facade(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: tuple[str, ...] | list[str] | None = (),
    level: int = 0,
) -> object:
    """Stand in for `__import__`: a facade, or nothing.

    numpy's C code imports helpers through the calling frame's `__import__` (PyImport_Import, which
    passes an empty *list*) and takes the module from `sys.modules`; what we return is ignored.
    """
    if type(fromlist) is list and not fromlist:
        if name in sys.modules:
            return None
        raise ImportError(f"{name} was not loaded before the sandbox closed")
    known = facades()
    if level or name not in known:
        raise ImportError(f"{name} is not an allowed module")
    return known[name] if fromlist else known[name.split(".")[0]]


def bounded_pow(base: Any, exponent: Any, *modulus: Any) -> Any:
    """Raise to a power without filling memory with one integer."""
    if isinstance(base, int) and isinstance(exponent, int) and abs(exponent) > MAX_EXPONENT:
        raise OverflowError(f"an integer exponent above {MAX_EXPONENT}")
    return pow(base, exponent, *modulus)


def print_nothing(*values: object, **options: object) -> None:
    """Stand in for `print`: nothing an extractor says leaves the worker."""


def _builtins() -> dict[str, object]:
    special = {"getattr", "hasattr", "pow", "print", "object"}
    known = {name: getattr(builtins, name) for name in policy.BUILTINS if name not in special}
    exceptions = {name: getattr(builtins, name) for name in policy.CATCHABLE if hasattr(builtins, name)}
    guarded: dict[str, Callable[..., object]] = {
        "getattr": read_attribute,
        "hasattr": has_attribute,
        "pow": bounded_pow,
        "print_nothing": print_nothing,
        "__import__": import_facade,
        "__build_class__": builtins.__build_class__,
        "object": object,
    }
    return {**known, **exceptions, **guarded}


def fresh_namespace() -> dict[str, object]:
    """Return the globals of one execution of one extractor; nothing in them is shared but functions."""
    return {
        "__builtins__": _builtins(),
        "__name__": "extractor",
        "__metaclass__": own_class,
        "_getattr_": read_attribute,
        "_write_": write_item,
        "_own_": write_attribute,
    }
