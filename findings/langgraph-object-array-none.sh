#!/usr/bin/env bash
# One would guess that a graph whose state comes back from a checkpoint holds what was put into it, or that saving
# something that cannot be kept raises. A numpy array of objects (what pandas gives for a column of labels with a
# missing one, or np.array of strings and None) is saved without a word and comes back as None, so a graph that is
# resumed after a kill goes on without its labels or patient ids, while the same graph run in one piece has them.
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
    labels: Any


graph = StateGraph(State)
graph.add_node("read", lambda _: {"labels": np.array(["keloid", None, "hypertrophic"], dtype=object)})
graph.add_edge(START, "read")
graph.add_edge("read", END)
app = graph.compile(InMemorySaver())
thread = {"configurable": {"thread_id": "1"}}
in_one_piece = app.invoke({"labels": None}, thread)["labels"]
resumed = app.get_state(thread).values.get("labels", "missing")
print("langgraph", version("langgraph"), "langgraph-checkpoint", version("langgraph-checkpoint"))
print("in one piece:", in_one_piece)
print("from the checkpoint:", resumed)
sys.exit(not (isinstance(in_one_piece, np.ndarray) and resumed is None))
PY
