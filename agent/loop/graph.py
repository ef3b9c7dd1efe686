"""The loop on one screen: its nodes, its edges, and nothing else.

(draft, mend, choose a locator)? → plan → widen →
(compose → draft ×n in parallel → collect → judge)* → score → assess → … → prune → freeze
"""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from scafe.agent.nodes.closing import after_prune, finish, freeze, open_seal, prune, report
from scafe.agent.nodes.drafting import collect, compose, draft, fan_out
from scafe.agent.nodes.gates import (
    after_freeze_gate,
    after_plan,
    after_seal_gate,
    agree_freeze,
    agree_plan,
    agree_seal,
)
from scafe.agent.nodes.judging import after_judge, judge, score
from scafe.agent.nodes.locating.choosing import choose_locator, draft_locators, mend_locators
from scafe.agent.nodes.opening import after_opening, open_bench, plan, widen
from scafe.agent.nodes.searching import after_assess, assess
from scafe.agent.nodes.state import Branch, LoopContext, LoopState
from scafe.agent.nodes.steps import step

Loop = CompiledStateGraph[LoopState, LoopContext, LoopState, LoopState]
STEPS = (
    open_bench, draft_locators, mend_locators, choose_locator,
    plan, agree_plan, widen, compose, collect, judge, score, assess,
    prune, agree_freeze, freeze, agree_seal, open_seal, report, finish,
)  # fmt: skip


def build_graph(saver: BaseCheckpointSaver[Any] | None = None) -> Loop:
    """Wire the loop."""
    graph = StateGraph(LoopState, context_schema=LoopContext)
    for body in STEPS:
        graph.add_node(body.__name__, step(body))
    graph.add_node("draft", draft, input_schema=Branch)

    graph.add_edge(START, "open_bench")
    graph.add_conditional_edges("open_bench", after_opening, ["draft_locators", "plan"])
    graph.add_edge("draft_locators", "mend_locators")
    graph.add_edge("mend_locators", "choose_locator")
    graph.add_edge("choose_locator", "plan")
    graph.add_edge("plan", "agree_plan")
    graph.add_conditional_edges("agree_plan", after_plan, ["widen", "finish"])
    graph.add_edge("widen", "compose")

    graph.add_conditional_edges("compose", fan_out, ["draft", "collect"])
    graph.add_edge("draft", "collect")
    graph.add_edge("collect", "judge")
    graph.add_conditional_edges("judge", after_judge, ["compose", "score"])
    graph.add_edge("score", "assess")
    graph.add_conditional_edges("assess", after_assess, ["compose", "prune"])

    graph.add_conditional_edges("prune", after_prune, ["agree_freeze", "finish"])
    graph.add_conditional_edges("agree_freeze", after_freeze_gate, ["freeze", "finish"])
    graph.add_edge("freeze", "agree_seal")
    graph.add_conditional_edges("agree_seal", after_seal_gate, ["open_seal", "report"])
    graph.add_edge("open_seal", "report")
    graph.add_edge("report", "finish")
    graph.set_finish_point("finish")
    return graph.compile(checkpointer=saver)


def nodes_in_words() -> list[tuple[str, str]]:
    """Return each step with the sentence that its code says of it."""
    before = STEPS.index(collect)
    order = [*STEPS[:before], draft, *STEPS[before:]]
    return [(body.__name__, (body.__doc__ or "").strip().split("\n")[0]) for body in order]
