"""Draw docs/pictures/architecture.svg from the order in tests/test_layers.py; a test holds it current.

A column for each layer, a box for each room, lowest at the bottom: a room imports from the boxes below it and
from the columns to its left. Rooms that open a door to the network or hold images are marked.
"""

import ast
import runpy
from html import escape
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PICTURE = DOCS / "pictures" / "architecture.svg"
MAP = runpy.run_path(str(DOCS / "make_map.py"))
WIDE, HIGH, GAP, TOP = 190, 30, 8, 96
DOES = {
    "knowledge": "what is true",
    "sandbox": "what may run",
    "evals": "what is good",
    "agent": "who decides",
}
PLAIN, DOOR, HOLDS = "#ffffff", "#ffe1a8", "#cfe3ff"
IMAGES = {"data", "audit", "processes", "frozen"}
"""Rooms of evals that open files with patients' images; the bench of `disclosure` is the door to them."""


def doors() -> set[str]:
    """Return the rooms with a module that may import a client of the network, by the test of layers."""
    tree = ast.parse((ROOT / "tests" / "test_layers.py").read_text(encoding="utf-8"))
    named = next(
        ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NETWORK_DOORS"
    )
    return {room for room in MAP["rooms"]()["agent"] if f"agent/{room}/" in named}


def picture() -> str:
    """Return the whole SVG."""
    rooms = {layer: [one for one in names if "." not in one] for layer, names in MAP["rooms"]().items()}
    tallest = max(len(names) for names in rooms.values())
    foot = TOP + tallest * (HIGH + GAP)
    columns = "".join(_column(place, *pair, foot) for place, pair in enumerate(rooms.items()))
    width, height = len(rooms) * (WIDE + 40) + 20, foot + 70
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="sans-serif" font-size="14"><title>The rooms of ScaFE</title>\n'
        f'<rect width="{width}" height="{height}" fill="#f7f7f7"/>\n'
        f"{columns}{_key(foot + 30)}</svg>\n"
    )


def _column(place: int, layer: str, names: list[str], foot: int) -> str:
    left = 20 + place * (WIDE + 40)
    head = (
        f'<text x="{left}" y="34" font-weight="bold" font-size="18" fill="#111">{layer}</text>\n'
        f'<text x="{left}" y="56" fill="#333">{DOES[layer]}</text>\n'
    )
    arrow = f'<text x="{left - 30}" y="34" font-size="18" fill="#111">◄</text>\n' if place else ""
    boxes = [_box(left, foot - (rank + 1) * (HIGH + GAP), layer, name) for rank, name in enumerate(names)]
    return head + arrow + "".join(boxes)


def _box(left: int, top: int, layer: str, name: str) -> str:
    said = escape(MAP["said"](ROOT / layer / name))
    fill = DOOR if layer == "agent" and name in doors() else PLAIN
    if layer == "evals" and name in IMAGES:
        fill = HOLDS
    return (
        f'<g><title>{said}</title><rect x="{left}" y="{top}" width="{WIDE}" height="{HIGH}" rx="5" '
        f'fill="{fill}" stroke="#555"/>'
        f'<text x="{left + 10}" y="{top + 20}" fill="#111">{name}</text></g>\n'
    )


def _key(top: int) -> str:
    words = ((DOOR, "may open a network connection"), (HOLDS, "opens files with patients' images"))
    drawn = ""
    for place, (fill, text) in enumerate(words):
        left = 20 + place * 300
        drawn += f'<rect x="{left}" y="{top}" width="22" height="16" fill="{fill}" stroke="#555"/>'
        drawn += f'<text x="{left + 30}" y="{top + 13}" fill="#111">{escape(text)}</text>\n'
    return drawn


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
