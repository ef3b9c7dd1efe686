"""What every node shares: it starts at its cursor, and leaves the cursor where its events ended."""

from collections.abc import Callable
from functools import wraps
from typing import Protocol

from langgraph.runtime import Runtime

from scafe.agent.nodes.state import LoopContext, LoopState, Update
from scafe.agent.record.revisions import Revision, read_revision, read_source


class Node(Protocol):
    """A node as LangGraph calls it."""

    def __call__(self, state: LoopState, *, runtime: Runtime[LoopContext]) -> Update:
        """Run the node."""


Step = Callable[[LoopState, LoopContext], Update]


def step(body: Step) -> Node:
    """Make a node of a function (state, context) -> update.

    After a kill the node runs again from its first line: `record` then finds the events it wrote before.
    """

    @wraps(body)
    def node(state: LoopState, *, runtime: Runtime[LoopContext]) -> Update:
        context = runtime.context
        context.trace.seek(state["cursor"])
        return {**body(state, context), "cursor": context.trace.position}

    # wraps() would pass the body's signature on, and LangGraph reads signatures to inject the runtime
    del node.__wrapped__
    node.__annotations__ = {"state": LoopState, "runtime": Runtime[LoopContext], "return": Update}
    return node


def revision_of(state: LoopState, context: LoopContext, sha256: str) -> Revision:
    """Return the record of a revision the state names."""
    return read_revision(context.run, state["lines"][sha256]["name"])


def source_of(state: LoopState, context: LoopContext, sha256: str) -> str:
    """Return the source of a revision the state names."""
    return read_source(context.run, revision_of(state, context, sha256))


def in_order(state: LoopState, hashes: list[str]) -> list[str]:
    """Sort revisions by criterion and number: the order in which everything sequential happens."""
    return sorted(hashes, key=lambda sha256: state["lines"][sha256]["name"])
