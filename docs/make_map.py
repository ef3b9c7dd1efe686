"""Write the map in README.md from the first sentence of every room's docstring; a test holds it current."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
ORDER = ROOT / "tests" / "test_layers.py"
BEGIN, END = "<!-- map: written by docs/make_map.py -->", "<!-- end of map -->"
FACE = "scafe"


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
        yield f"| **[{layer}/]({layer})** | **{said(ROOT / layer)}** |"
        for name in names:
            yield f"| [{name}]({layer}/{name}) | {said(ROOT / layer / name)} |"
    yield f"| **[{FACE}/]({FACE})** | **{said(ROOT / FACE)}** |"


def readme(text: str) -> str:
    """Return the README with today's map in its place."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join(("| folder | what it makes |", "|---|---|", *rows()))
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
