"""Trees are walked and measured as Python's own functions would, and refused at the same edges."""

import ast

import pytest

from scafe.knowledge.contract.bounds import MOST_DEPTH, TreeSize, children, every_node, unfit_tree
from scafe.knowledge.measures import measure_names, measure_source


@pytest.fixture(scope="module")
def trees() -> list[ast.Module]:
    return [ast.parse(measure_source(name)) for name in measure_names()]


def test_every_node_comes_in_the_order_of_a_walk(trees: list[ast.Module]) -> None:
    assert trees
    for tree in trees:
        assert list(every_node(tree)) == list(ast.walk(tree))
        assert children(tree) == list(ast.iter_child_nodes(tree))


def test_the_size_is_the_number_of_nodes_and_the_longest_way_down(trees: list[ast.Module]) -> None:
    for tree in trees:
        size = TreeSize.of(tree)
        assert size.nodes == sum(1 for _ in ast.walk(tree))
        assert size.depth == longest_way(tree)


def longest_way(node: ast.AST) -> int:
    return max((1 + longest_way(child) for child in ast.iter_child_nodes(node)), default=0)


def test_a_tree_is_refused_one_level_too_deep() -> None:
    sums = {count: ast.parse("x = " + "-" * count + "y") for count in range(MOST_DEPTH)}
    depth_of = {count: TreeSize.of(tree).depth for count, tree in sums.items()}
    refused = {count for count, tree in sums.items() if "deep" in unfit_tree(tree)}
    assert refused == {count for count, depth in depth_of.items() if depth > MOST_DEPTH}
    assert refused


def test_copies_of_a_finally_count_only_where_there_is_one() -> None:
    assert TreeSize.of(ast.parse("try:\n    pass\nfinally:\n    pass")).has_finally
    assert not TreeSize.of(ast.parse("try:\n    pass\nexcept ValueError:\n    pass")).has_finally
