"""Write docs/graph.md from the graph itself; a test holds it current."""

from pathlib import Path

from scafe.agent.loop.graph import draw_graph, nodes_in_words

PAGE = Path(__file__).with_name("graph.md")
HEAD = """# The graph of a run

*This page is generated from the graph itself: `python docs/make_graph.py`.*

A run is a LangGraph state graph with checkpoints after every step. Dotted arrows are choices. `draft` runs
once per request, in parallel; everything else runs alone and in a fixed order, so that the same seed gives
the same run. A run that is killed goes on at the step where it was.

"""


def picture() -> str:
    """Return the graph as a Mermaid block."""
    return f"```mermaid\n{draw_graph()}```"


def page() -> str:
    """Return the whole page."""
    rows = "".join(f"| `{name}` | {words} |\n" for name, words in nodes_in_words())
    return f"{HEAD}{picture()}\n\n| step | what it does |\n|---|---|\n{rows}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
