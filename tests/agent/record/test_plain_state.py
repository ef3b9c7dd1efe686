"""The graph keeps plain values: anything else raises where it is put, instead of coming back as nothing."""

import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from scafe.agent.nodes.state import Branch, LoopState, first_state
from scafe.agent.record.checkpoints import open_checkpointer
from scafe.agent.record.plain_state import PlainSerializer, require_plain
from scafe.knowledge.contract.errors import IntegrityError

ALLOWED = {bool, int, float, str, type(None)}
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def leaves(kind: Any) -> Iterator[Any]:
    """Give the types that a declared type is made of, containers taken apart."""
    if is_typeddict(kind):
        for inner in get_type_hints(kind, include_extras=True).values():
            yield from leaves(inner)
    elif get_origin(kind) is Literal:
        yield from {type(one) for one in get_args(kind)}
    elif get_origin(kind) in (Annotated, NotRequired):
        yield from leaves(get_args(kind)[0])
    elif get_origin(kind) in (list, dict, tuple, typing.Union):
        for inner in get_args(kind):
            yield from leaves(inner)
    else:
        yield kind


@pytest.mark.parametrize("kind", [LoopState, Branch])
def test_the_state_declares_plain_types_alone(kind: Any) -> None:
    assert set(leaves(kind)) <= ALLOWED


@given(PLAIN)
def test_plain_values_come_back_as_they_went_in(value: Any) -> None:
    serializer = PlainSerializer()
    assert serializer.loads_typed(serializer.dumps_typed(value)) == value


def test_the_first_state_and_a_branch_come_back_as_they_went_in() -> None:
    serializer = PlainSerializer()
    assert serializer.loads_typed(serializer.dumps_typed(dict(first_state()))) == first_state()
    sent = Send("draft", {"wave": 1, "task": {"task": 0}})
    assert serializer.loads_typed(serializer.dumps_typed(sent)) == sent


@pytest.mark.parametrize(
    "value",
    [
        np.array(["a", None], dtype=object),  # came back as None
        np.ma.masked_equal(np.zeros(3), 0.0),  # came back without its mask
        (1, 2),  # came back as a list
        {1, 2},
        np.zeros(3),
        np.float64(0.5),
        Path("runs"),
        datetime(2026, 1, 1, tzinfo=UTC),
        Fraction(1, 3),
        2**64,
        object(),
        int,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_raises_and_says_where_it_stands(value: Any) -> None:
    with pytest.raises(IntegrityError, match=r"pool.*\[1\]"):
        require_plain({"pool": [0, value]})


def test_a_node_that_puts_an_object_array_into_the_state_ends_the_graph(tmp_path: Path) -> None:
    class State(typing.TypedDict):
        found: Any

    graph = StateGraph(State)
    graph.add_node("find", lambda _: {"found": np.array([None, "a"], dtype=object)})
    graph.add_edge(START, "find")
    graph.add_edge("find", END)
    with open_checkpointer(tmp_path / "checkpoints.sqlite") as saver:
        with pytest.raises(IntegrityError, match=r"found.*numpy\.ndarray"):
            graph.compile(saver).invoke({"found": 0}, {"configurable": {"thread_id": "1"}}, durability="sync")
