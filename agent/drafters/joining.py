"""Join two extractors of one criterion into one that measures both and returns their mean.

Each value is scaled to its declared range and turned so that up is more of the criterion, in its own words:
more of it need not be worse. The mean of two ways of measuring one thing is steadier than each.
"""

import ast
from typing import Any

from scafe.agent.drafters.rename import LONGEST_NAME
from scafe.agent.drafters.source_edit import constants, docstring, simplified
from scafe.knowledge.contract.extractor import MAX_LINES

HEAD = ("CRITERION", "FEATURES", "VARIANTS")
PART = "extract_1"
"""Function that only a joined module has."""


def joined(first: str, second: str, amount: str) -> str | None:
    """Return a module with one feature, the mean of the first feature of each, named after both.

    `amount` says what grows as the feature rises, e.g. 'from "shadow" to "enhancement"'. None if the two do
    not fit into the lines that an extractor may have, or if one is joined already: a mean of means says no
    more, and its parts would take each other's names.
    """
    if any(PART in _definitions(ast.parse(source)) for source in (first, second)):
        return None
    one, two = (_single(source) for source in (first, second))
    name = _name_of_both(one[0], two[0])
    head = _head(first, name, (one, two), amount)
    parts = _merged(ast.parse(simplified(_keep_one(first))), ast.parse(simplified(_keep_one(second))))
    source = head + parts + _extract(name, (one, two))
    return source if len(source.splitlines()) <= MAX_LINES else None


def _name_of_both(one: str, two: str) -> str:
    """Keep the name where both have it: two revisions of one feature are one measurement still."""
    both = f"{one}_and_{two}"
    return one if one == two or len(both) > LONGEST_NAME else both


def _single(source: str) -> tuple[str, dict[str, Any]]:
    features = constants(source)["FEATURES"]
    name = next(iter(features))
    return name, features[name]


def _keep_one(source: str) -> str:
    from scafe.agent.drafters.source_edit import keep_features

    return keep_features(source, [_single(source)[0]])


def _head(source: str, name: str, parts: tuple[tuple[str, dict[str, Any]], ...], amount: str) -> str:
    told = list(dict.fromkeys(part for part, _ in parts))
    names = " and ".join(told) if len(told) > 1 else f"two ways to measure {told[0]}"
    features = {
        name: {
            "unit": "fraction",
            "range": [0, 1],
            "direction": "up",
            "meaning": f"mean of {names}, each scaled to its range and turned to rise {amount}"[:300],
        }
    }
    first_line = (docstring(source).splitlines() or [""])[0].rstrip(".")
    about = f'"""{first_line}, joined with another measure of the same criterion: {names}."""\n'
    return f"{about}\nCRITERION = {constants(source)['CRITERION']!r}\nFEATURES = {features!r}\n"


def _extract(name: str, parts: tuple[tuple[str, dict[str, Any]], ...]) -> str:
    lines = [
        "def on_unit_scale(value, low, high):",
        '    """Put a value on 0 to 1."""',
        "    return min(max((value - low) / (high - low), 0.0), 1.0) if value == value else value",
        "",
        "def extract(image, mask):",
        '    """Mean of both."""',
    ]
    for number, (part, head) in enumerate(parts, start=1):
        low, high = head["range"] if head["direction"] != "down" else reversed(head["range"])
        lines.append(
            f"    part_{number} = on_unit_scale(extract_{number}(image, mask)[{part!r}], {low}, {high})"
        )
    return "\n".join([*lines, f"    return {{{name!r}: (part_1 + part_2) / 2}}"]) + "\n"


def _merged(first: ast.Module, second: ast.Module) -> str:
    """Put both bodies into one module: helpers that mean the same stand once, the others get a number."""
    one, two = _definitions(first), _definitions(second)
    differ = _differing(one, two)
    names_1 = {"extract": "extract_1", "FEATURES": "NAMES_1"}
    names_2 = {name: f"{name}_2" for name in differ if name in one} | {
        "extract": "extract_2",
        "FEATURES": "NAMES_2",
    }
    again = {name for name in two if name in one and name not in differ}
    heads = [f"NAMES_{number + 1} = {_feature_names(tree)!r}" for number, tree in enumerate((first, second))]
    bodies = [_body(first, names_1, set()), _body(second, names_2, again)]
    imports = dict.fromkeys(text for body in bodies for text in body if text.startswith(("import ", "from ")))
    rest = [text for body in bodies for text in body if text not in imports]
    return "\n".join([*imports, *heads, *rest]) + "\n"


def _differing(one: dict[str, ast.stmt], two: dict[str, ast.stmt]) -> set[str]:
    """Return what the second module means otherwise: its own text, or something that it reads."""
    differ = {"FEATURES", "extract"}
    differ |= {name for name in two if name not in one or ast.unparse(one[name]) != ast.unparse(two[name])}
    while True:
        more = {name for name, node in two.items() if name not in differ and _reads(node) & differ}
        if not more:
            return differ
        differ |= more


def _reads(node: ast.stmt) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    named = [(_name(node), _bare(node)) for node in tree.body]
    return {name: node for name, node in named if name and name not in HEAD}


def _feature_names(tree: ast.Module) -> list[str]:
    node = next(node for node in tree.body if _name(node) == "FEATURES")
    return list(ast.literal_eval(node.value)) if isinstance(node, ast.Assign) else []


def _body(tree: ast.Module, names: dict[str, str], left_out: set[str]) -> list[str]:
    nodes = [node for node in tree.body if _name(node) not in (*HEAD, *left_out)]
    kept = [node for node in nodes if not isinstance(node, ast.Expr)]
    return [ast.unparse(_Renamer(names).visit(_bare(node))) for node in kept]


def _name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return None


def _bare(node: ast.stmt) -> ast.stmt:
    """Take the docstring of a function out: what it says stands in the measure it came from."""
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) and len(node.body) > 1:
        node.body = node.body[1:]
    return node


class _Renamer(ast.NodeTransformer):
    """Renames module-level names wherever they are read or bound."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self.names.get(node.name, node.name)
        self.generic_visit(node)
        return node
