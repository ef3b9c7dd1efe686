"""Code that is read and not revised is shown without its comments, and still means the same."""

import ast

import pytest

from scafe.agent.brief.compact import compact
from scafe.knowledge.measures import measure_names, measure_source


class Undocumented(ast.NodeTransformer):
    """Takes docstrings out."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            node.body = [one for one in node.body if not is_text(one)]
        return node


def is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@pytest.mark.parametrize("name", measure_names())
def test_a_measure_without_its_comments_means_what_it_meant_and_is_shorter(name: str) -> None:
    source = measure_source(name)
    short = compact(source)
    assert ast.dump(ast.parse(short)) == ast.dump(Undocumented().visit(ast.parse(source)))
    assert len(short) < len(source)
    assert compact(short) == short


def test_a_sign_of_a_comment_within_a_text_stays() -> None:
    assert compact('COLOUR = "#fff"  # white\n') == 'COLOUR = "#fff"\n'


@pytest.mark.parametrize("source", ["def (:\n", '"""never ends', "", "x = (\n"])
def test_what_is_no_module_is_shown_as_it_is(source: str) -> None:
    assert compact(source) == source
