"""Write docs/map.md from the first sentence of every room's docstring; a test holds it current."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).with_name("map.md")
ORDER = ROOT / "tests" / "test_layers.py"
FACE = "scafe"
HEAD = """# The map

*This page is written from the docstrings of the rooms: `python docs/make_map.py`.*

Imports run one way, from a room only to itself and the rooms above it here; `tests/test_layers.py` holds it.
The [architecture](architecture.md) has the same as a picture.

| folder | what it makes |
|---|---|
"""
TAIL = """
| beside them | what is in it |
|---|---|
| `runs/` | one folder per run, readable by hand; `scafe runs verify` checks it |
| `tests/`, `benchmarks/` | what is promised, and what was measured |
| `findings/` | what formats and libraries of this field do that nobody would guess, as scripts |
| `examples/`, `packaging/` | plug-ins and notebooks to start from; wheel, container, bill of materials |
"""


def rooms() -> dict[str, list[str]]:
    """Return the rooms of every layer in the order in which they may import, as the test of layers has it."""
    tree = ast.parse(ORDER.read_text(encoding="utf-8"))
    written = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    order = ast.literal_eval(written["ROOMS"])
    return {
        layer: [room for room in order[layer] if (ROOT / layer / room / "__init__.py").is_file()]
        for layer in ast.literal_eval(written["LAYERS"])
    }


def said(folder: Path) -> str:
    """Return the first sentence of a room's docstring."""
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def rows() -> Iterator[str]:
    """Yield the rows of the table: a layer in bold, then its rooms."""
    for layer, names in rooms().items():
        yield f"| **`{layer}/`** | **{said(ROOT / layer)}** |\n"
        for name in names:
            yield f"| `{layer}/{name}` | {said(ROOT / layer / name)} |\n"
    yield f"| **`{FACE}/`** | **{said(ROOT / FACE)}** |\n"


def page() -> str:
    """Return the whole page."""
    return f"{HEAD}{''.join(rows())}{TAIL}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
