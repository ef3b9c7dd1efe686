"""Where a person decides: the plan, the freeze, the seal. One interrupt per node, nothing before it.

Under the policy `auto` the gate approves itself and says so in the trace; under `never` there is no
gate. A decision is an event with name, time and meaning; rejecting is a decision like any other.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.nodes.naming import pool_refs
from scafe.agent.nodes.state import LoopContext, LoopState, Update
from scafe.agent.record.events import Approval
from scafe.agent.record.trace import utc_now
from scafe.evals.disclosure.bench import column_names
from scafe.knowledge.contract.errors import InputError

Gate = Literal["plan", "freeze", "seal"]
BY_POLICY = "policy auto"


class Decision(BaseModel):
    """What a person decided at a gate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["approve", "modify", "reject"] = "approve"
    name: str = Field(min_length=1, description="who decided")
    meaning: str = Field(
        default="reviewed and approved", min_length=1, description="what the name stands for"
    )
    drop: tuple[str, ...] = Field(
        default=(), description="criteria (plan) or features (freeze) to strike out"
    )
    at: str = Field(default_factory=utc_now, description="UTC time of the decision")


def decide(name: str, meaning: str = "", drop: Sequence[str] = (), reject: bool = False) -> Decision:
    """Put what a person said into a decision: against it, for it without some, or for it."""
    verb = "reject" if reject else "modify" if drop else "approve"
    given = {"meaning": meaning} if meaning else {}
    return Decision.model_validate({"decision": verb, "name": name, "drop": tuple(drop), **given})


def require_known(drop: Sequence[str], asks: Mapping[str, Any]) -> None:
    """Refuse to strike out what is not there: a typing error would let it through.

    Parameters
    ----------
    drop : sequence of str
        Criteria (at the plan) or features (at the freeze) to strike out.
    asks : mapping
        What a person is asked to decide.

    Raises
    ------
    InputError
        With the names that there are.
    """
    known = _names(asks)
    unknown = [name for name in drop if name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=3, cutoff=0.6) or sorted(known)[:20]
        there = f"did you mean {', '.join(near)}?" if near else "nothing can be struck out there"
        raise InputError(f"the gate '{asks['gate']}' has no {unknown[0]!r} to strike out; {there}")


def _names(asks: Mapping[str, Any]) -> set[str]:
    if asks["gate"] == "plan":
        return {*asks["ideas"], *asks.get("criteria", ())}
    shown = {str(one["feature"]) for one in asks.get("features", ())}
    return shown | {name.partition("@")[0] for name in shown}


def agree_plan(state: LoopState, context: LoopContext) -> Update:
    """Ask whether the measurements are a fair reading of the criteria."""
    decision = _decided("plan", lambda: _plan(state, context), context)
    if decision is None or decision.decision == "approve":
        return {}
    if decision.decision == "reject":
        return {"outcome": "no_acceptable_set", "why": f"{decision.name} rejected the plan"}
    return {"struck_out": sorted(set(decision.drop))}


def after_plan(state: LoopState) -> str:
    """Draft, or end if the plan was rejected."""
    return "finish" if state["outcome"] else "widen"


def agree_freeze(state: LoopState, context: LoopContext) -> Update:
    """Ask whether these features may be frozen; a person may strike some out, with a name to it."""
    decision = _decided("freeze", lambda: {"features": _features(state)}, context)
    if decision is None or decision.decision == "approve":
        return {}
    if decision.decision == "reject":
        return {"outcome": "no_acceptable_set", "why": f"{decision.name} rejected the feature set"}
    columns = column_names(pool_refs(state))
    named = zip(state["pool"], columns, strict=True)
    pool = [entry for entry, column in named if not {column, entry[1]} & {*decision.drop}]
    if pool:
        return {"pool": pool}
    return {"pool": [], "outcome": "no_acceptable_set", "why": f"{decision.name} struck out every feature"}


def after_freeze_gate(state: LoopState) -> str:
    """Freeze, or end if a person refused."""
    return "finish" if state["outcome"] else "freeze"


def agree_seal(state: LoopState, context: LoopContext) -> Update:
    """Ask whether the held-out test set may be opened now: it can be, once."""
    decision = _decided("seal", lambda: {"bundle": state["bundle_sha256"]}, context)
    return {"keep_sealed": decision is not None and decision.decision == "reject"}


def after_seal_gate(state: LoopState) -> str:
    """Open the seal, or report without it."""
    return "report" if state["keep_sealed"] else "open_seal"


def _decided(gate: Gate, shown: Callable[[], dict[str, Any]], context: LoopContext) -> Decision | None:
    """Return the decision at a gate; None if the policy has no gates."""
    if context.approve == "never":
        return None
    decision = _recorded(gate, context) or _taken(gate, shown, context)
    context.trace.record(Approval(gate=gate, **decision.model_dump()))
    return decision


def _recorded(gate: Gate, context: LoopContext) -> Decision | None:
    """Find a decision that reached the trace before a kill: nobody is asked twice."""
    line = context.trace.peek()
    if line is None or line["kind"] != "approval" or line["gate"] != gate:
        return None
    return Decision.model_validate({key: line[key] for key in ("decision", "name", "meaning", "drop")})


def _taken(gate: Gate, shown: Callable[[], dict[str, Any]], context: LoopContext) -> Decision:
    if context.approve == "auto":
        return Decision(name=BY_POLICY, meaning="approved by the run's policy, not by a person")
    return Decision.model_validate(interrupt({"gate": gate, **shown()}))


def _plan(state: LoopState, context: LoopContext) -> dict[str, Any]:
    return {"ideas": state["ideas"], "criteria": [one.id for one in context.pack.observable_criteria]}


def _features(state: LoopState) -> list[dict[str, str]]:
    refs = pool_refs(state)
    return [
        {"feature": name, "criterion": state["lines"][ref.extractor]["criterion"], "revision": ref.revision}
        for ref, name in zip(refs, column_names(refs), strict=True)
    ]
