"""Join two extractors of one criterion into one that measures both and returns their mean.

Each value is scaled to its declared range and turned so that up is more severe; the mean of two ways of
measuring one thing is steadier than each.
"""

import ast
from typing import Any

from scafe.agent.source_edit import constants, docstring, simplified
from scafe.knowledge.extractor import MAX_LINES

BOUND = ("CRITERION", "FEATURES", "VARIANTS", "extract")


def joined(first: str, second: str, name: str) -> str | None:
    """Return a module with one feature `name`: the mean of the first feature of each.

    None if the two do not fit into the lines that an extractor may have.
    """
    one, two = (_single(source) for source in (first, second))
    head = _head(first, name, (one, two))
    parts = _merged(ast.parse(simplified(_keep_one(first))), ast.parse(simplified(_keep_one(second))))
    source = head + parts + _extract(name, (one, two))
    return source if len(source.splitlines()) <= MAX_LINES else None


def _single(source: str) -> tuple[str, dict[str, Any]]:
    features = constants(source)["FEATURES"]
    name = next(iter(features))
    return name, features[name]


def _keep_one(source: str) -> str:
    from scafe.agent.source_edit import keep_features

    return keep_features(source, [_single(source)[0]])


def _head(source: str, name: str, parts: tuple[tuple[str, dict[str, Any]], ...]) -> str:
    names = " and ".join(part for part, _ in parts)
    features = {
        name: {
            "unit": "fraction",
            "range": [0, 1],
            "direction": "up",
            "meaning": f"mean of {names}, each scaled to its range and turned so that up is more severe"[
                :300
            ],
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
    """Put both bodies into one module; equal helpers stand once, unequal ones get their number."""
    kept: dict[str, str] = {}
    imports: list[str] = []
    texts: list[str] = []
    for number, tree in enumerate((first, second), start=1):
        clash = {
            node_name: f"{node_name}_{number}" if node_name == "extract" else f"{node_name}_2"
            for node_name, text in _definitions(tree).items()
            if node_name == "extract" or kept.get(node_name, text) != text
        }
        clash |= {"FEATURES": f"NAMES_{number}"}
        names = next(node for node in tree.body if _name(node) == "FEATURES")
        texts.append(f"NAMES_{number} = {list(ast.literal_eval(names.value))!r}")  # type: ignore[attr-defined]
        for node in _Renamer(clash).visit(tree).body:
            text = ast.unparse(_bare(node))
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports += [text] if text not in imports else []
            elif _name(node) not in (*BOUND, f"NAMES_{number}") and kept.get(_name(node) or "") != text:
                kept[_name(node) or ""] = text
                texts.append(text)
    return "\n".join([*imports, *texts]) + "\n"


def _definitions(tree: ast.Module) -> dict[str, str]:
    return {
        name: ast.unparse(_bare(node))
        for node in tree.body
        if (name := _name(node)) and name not in BOUND[:3]
    }


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
