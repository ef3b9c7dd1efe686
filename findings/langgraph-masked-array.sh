#!/usr/bin/env bash
# One would guess that a masked array in the state of a graph comes back from its checkpoint with its mask, or is
# refused. It comes back as a plain array: pixels that were masked out (padding, burnt-in labels, voxels outside the
# organ) are measured again after a resume, and a mean over the same state is another number than before the kill.
# Nothing is said. Tuples come back as lists by the same way.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install langgraph==1.2.24 langgraph-checkpoint==4.3.2 numpy==2.2.6 2>/dev/null
"$folder/venv/bin/python" - <<'PY'
import sys
import warnings
from importlib.metadata import version
from typing import Any, TypedDict

import numpy as np
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

warnings.simplefilter("error")


class State(TypedDict):
    lesion: Any
    spacing: Any


def read(_):
    padded = np.array([[0.0, 0.0, 0.0], [0.0, 90.0, 110.0]])
    return {"lesion": np.ma.masked_equal(padded, 0.0), "spacing": (0.7, 0.7)}


graph = StateGraph(State)
graph.add_node("read", read)
graph.add_edge(START, "read")
graph.add_edge("read", END)
app = graph.compile(InMemorySaver())
thread = {"configurable": {"thread_id": "1"}}
before = app.invoke({"lesion": None, "spacing": None}, thread)
after = app.get_state(thread).values
print("langgraph", version("langgraph"), "langgraph-checkpoint", version("langgraph-checkpoint"))
for name, state in (("in one piece", before), ("from the checkpoint", after)):
    lesion = state["lesion"]
    print(f"{name}: {type(lesion).__name__}, mean {lesion.mean():.1f}; spacing {state['spacing']!r}")
lost = not isinstance(after["lesion"], np.ma.MaskedArray) and isinstance(before["lesion"], np.ma.MaskedArray)
sys.exit(not (lost and after["spacing"] == [0.7, 0.7]))
PY
