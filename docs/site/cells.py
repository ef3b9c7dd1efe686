"""How cells look: `%%bash` is shown as shell, and code that did not run says so."""

from docutils import nodes
from sphinx.application import Sphinx

MAGIC = "%%bash"
CODE = {"python", "python3", "bash", "sh", "shell", "console"}
"""Languages of code that a reader would type; text, YAML, TOML and JSON are things to read."""
AS_TEXT = {"csv"}
"""Pygments knows no CSV."""
NOT_RUN = "Not run when this page was built:"


def show(app: Sphinx, doctree: nodes.document) -> None:
    """Take the magic off shell cells, and put a line over each block of code that is no cell."""
    for output in list(doctree.findall(_is_output)):
        _join(output)
    for block in list(doctree.findall(nodes.literal_block)):
        if _is_in_cell(block):
            _as_shell(block)
        elif block.get("language") in AS_TEXT:
            block["language"] = "text"
        elif block.get("language") in CODE and block.parent is not None:
            _say_not_run(block)


def _is_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code_output"


def _join(output: nodes.container) -> None:
    """Make one block of what a cell printed in pieces, byte for byte."""
    pieces: list[nodes.literal_block] = []
    for block in list(output.children):
        before = pieces[-1] if pieces else None
        if not isinstance(block, nodes.literal_block):
            pieces = []
        elif before is not None and before["classes"] == block["classes"]:
            text = before.rawsource + block.rawsource
            whole = nodes.literal_block(text, text, **before.attributes)
            before.replace_self(whole)
            output.remove(block)
            pieces = [whole]
        else:
            pieces = [block]


def _is_in_cell(block: nodes.literal_block) -> bool:
    above = block.parent
    while above is not None:
        if "cell" in above.get("classes", []) or above.get("nb_element"):
            return True
        above = above.parent
    return False


def _as_shell(block: nodes.literal_block) -> None:
    code = block.astext()
    if code.startswith(MAGIC):
        shown = code.partition("\n")[2]
        fresh = nodes.literal_block(shown, shown, language="bash", classes=list(block["classes"]))
        block.replace_self(fresh)


def _say_not_run(block: nodes.literal_block) -> None:
    place = block.parent
    place.insert(place.index(block), nodes.paragraph("", NOT_RUN, classes=["not-run"]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
