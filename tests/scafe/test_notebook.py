"""Every cell of the notebook runs, offline, and its last lines show something."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "quickstart.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def run_cell(source: str, names: dict[str, Any]) -> object:
    """Run a cell as a notebook does, and return the value that it would show."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, NOTEBOOK.name, "exec"), names)
    return eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names) if last else None


@pytest.mark.slow
def test_every_cell_runs_and_runs_and_bundles_show_themselves() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = [run_cell("".join(one["source"]), names) for one in CELLS if one["cell_type"] == "code"]
    pages = [one._repr_html_() for one in shown if hasattr(one, "_repr_html_")]
    assert len(pages) == 2
    assert all("Selected features" in page for page in pages)
    assert shown[-1] == ("frozen", True)


def test_the_notebook_needs_nothing_but_what_scafe_depends_on() -> None:
    code = "\n".join("".join(one["source"]) for one in CELLS if one["cell_type"] == "code")
    used = {node.names[0].name for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import)}
    used |= {str(node.module) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.ImportFrom)}
    assert {one.split(".")[0] for one in used} == {"PIL", "pathlib", "scafe", "sklearn", "tempfile"}
