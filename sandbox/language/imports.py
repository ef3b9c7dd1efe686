"""What the import lines of an extractor bind, and which of them are allowed."""

import ast
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scafe.sandbox.language import policy
from scafe.sandbox.language.members import MEMBERS, members_of
from scafe.sandbox.language.policy import Reason


@dataclass(frozen=True)
class ImportTable:
    """Names that import lines bind, and the modules behind those that nothing else rebinds."""

    names: frozenset[str]
    """Every name bound by an import."""
    modules: Mapping[str, str]
    """Alias -> dotted module, for aliases that stand for one module throughout."""

    @classmethod
    def of(cls, nodes: Sequence[ast.AST]) -> "ImportTable":
        """Read every import line among the nodes of a module."""
        names: set[str] = set()
        modules: dict[str, set[str]] = {}
        for node in nodes:
            for alias, module in _bindings(node):
                names.add(alias)
                modules.setdefault(alias, set()).add(module)
        rebound = _rebound(nodes)
        single = {
            alias: found for alias, found in modules.items() if len(found) == 1 and alias not in rebound
        }
        resolved = {alias: next(iter(found)) for alias, found in single.items()}
        return cls(frozenset(names), {alias: name for alias, name in resolved.items() if name in MEMBERS})

    def module_of(self, node: ast.expr) -> str | None:
        """Dotted module that an expression stands for, e.g. 'numpy.linalg' for `np.linalg`."""
        if isinstance(node, ast.Name):
            return self.modules.get(node.id)
        if isinstance(node, ast.Attribute):
            parent = self.module_of(node.value)
            dotted = f"{parent}.{node.attr}"
            return dotted if parent and dotted in MEMBERS else None
        return None


def _bindings(node: ast.AST) -> list[tuple[str, str]]:
    if isinstance(node, ast.Import):
        return [
            (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
            for alias in node.names
        ]
    if isinstance(node, ast.ImportFrom):
        return [(alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names]
    return []


def _rebound(nodes: Sequence[ast.AST]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)) and node.name:
            names.add(node.name)
    return names


def refused_import(module: str, member: str | None) -> Reason | None:
    """Why an import is refused, or None if it is allowed.

    Parameters
    ----------
    module : str
        Dotted module, with leading dots if the import is relative.
    member : str or None
        The imported name of a `from` import.
    """
    if module not in MEMBERS:
        near = difflib.get_close_matches(module, MEMBERS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        allowed = ", ".join(sorted(name for name in MEMBERS if "." not in name and name != "__future__"))
        return Reason("is not an allowed module", f"import from {allowed}{hint}")
    if member is None or member in members_of(module) or f"{module}.{member}" in MEMBERS:
        return None
    if module == "cv2" and member.isupper():
        return None
    near = difflib.get_close_matches(member, members_of(module), n=3)
    instead = f"the nearest allowed names are {', '.join(near)}" if near else policy.DEFAULT_REASON.instead
    return Reason(policy.DEFAULT_REASON.why, instead)
