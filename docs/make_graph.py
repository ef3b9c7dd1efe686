"""Write docs/graph.md and its picture from the graph itself; a test holds them current.

The steps stand below one another in the order of the work. Arrows down the left go on, those down the right
leave steps out, those up the right go back; a choice is dotted.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path

from scafe.agent.loop.graph import build_graph, nodes_in_words

DOCS = Path(__file__).parent
PAGE = DOCS / "graph.md"
PICTURE = DOCS / "pictures" / "graph.svg"
HEAD = """# The graph of a run

*This page is generated from the graph itself: `python docs/make_graph.py`.*

A run is a LangGraph state graph with checkpoints after every step. Dotted arrows are choices. `draft` runs
once per request, in parallel; everything else runs alone and in a fixed order, so that the same seed gives
the same run. A run that is killed goes on at the step where it was.

![The steps of a run in the order of the work, and the ways between them](pictures/graph.svg)

"""
WIDE, HIGH, STEP, LANE, TOP, LEFT = 170, 30, 50, 26, 20, 76
ARROW = (
    '<marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
    'orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="#111"/></marker>'
)


@dataclass(frozen=True)
class Way:
    """A way from one step to another, by their places in the order of the work."""

    start: int
    end: int
    is_choice: bool

    @property
    def span(self) -> range:
        """The steps that it passes, its own two among them."""
        return range(min(self.start, self.end), max(self.start, self.end) + 1)


def ways() -> list[Way]:
    """Return every way of the graph, the shortest first; where it begins and ends needs none."""
    places = {name: place for place, (name, _) in enumerate(nodes_in_words())}
    edges = [edge for edge in build_graph().get_graph().edges if {edge.source, edge.target} <= set(places)]
    found = [Way(places[edge.source], places[edge.target], edge.conditional) for edge in edges]
    return sorted(found, key=lambda way: (len(way.span), way.start))


def picture() -> str:
    """Return the whole SVG."""
    down = [way for way in ways() if way.end - way.start > 1]
    back = [way for way in ways() if way.end < way.start]
    boxes = [_box(place, *step) for place, step in enumerate(nodes_in_words())]
    lines = [_straight(way) for way in ways() if way.end - way.start == 1]
    lines += [_around(way, LEFT + WIDE, LANE * lane) for way, lane in _lanes(down)]
    lines += [_around(way, LEFT, -LANE * lane) for way, lane in _lanes(back)]
    width, height = LEFT + WIDE + LANE * (1 + _most(down)) + 20, TOP + STEP * len(boxes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'font-family="sans-serif" font-size="14"><title>The graph of a run</title><defs>{ARROW}</defs>\n'
        f'<rect width="{width}" height="{height}" fill="#f7f7f7"/>\n'
        f"{''.join(lines + boxes)}</svg>\n"
    )


def _lanes(found: list[Way]) -> list[tuple[Way, int]]:
    """Give every way the nearest lane that no shorter one beside it has."""
    taken: list[tuple[Way, int]] = []
    for way in found:
        beside = {lane for other, lane in taken if set(other.span) & set(way.span)}
        taken.append((way, next(lane for lane in range(1, len(found) + 1) if lane not in beside)))
    return taken


def _most(found: list[Way]) -> int:
    return max(lane for _, lane in _lanes(found))


def _top(place: int) -> int:
    return TOP + place * STEP


def _straight(way: Way) -> str:
    middle = LEFT + WIDE // 2
    return _line(way, f"M{middle} {_top(way.start) + HIGH}V{_top(way.end)}")


def _around(way: Way, side: int, away: int) -> str:
    """Leave a box low at a side, and enter the other one high at the same side."""
    leave, enter = (_top(way.start) + HIGH - 8, _top(way.end) + 8)
    return _line(way, f"M{side} {leave}H{side + away}V{enter}H{side}")


def _line(way: Way, path: str) -> str:
    dots = ' stroke-dasharray="2 4"' if way.is_choice else ""
    return f'<path d="{path}" fill="none" stroke="#111" stroke-width="1.5"{dots} marker-end="url(#arrow)"/>\n'


def _box(place: int, name: str, words: str) -> str:
    return (
        f'<g><title>{escape(words)}</title><rect x="{LEFT}" y="{_top(place)}" width="{WIDE}" height="{HIGH}" '
        f'rx="5" fill="#ffffff" stroke="#555"/>'
        f'<text x="{LEFT + 10}" y="{_top(place) + 20}" fill="#111">{name}</text></g>\n'
    )


def page() -> str:
    """Return the whole page."""
    rows = "".join(f"| `{name}` | {words} |\n" for name, words in nodes_in_words())
    return f"{HEAD}| step | what it does |\n|---|---|\n{rows}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
