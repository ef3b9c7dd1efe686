"""Look back on a round, and choose the next requests or the end of the search."""

from collections import Counter

import numpy as np

from scafe.agent.brief.brief import Operator
from scafe.agent.nodes.opening import ideas_left, new_task
from scafe.agent.nodes.operators import choose, posterior, round_rng
from scafe.agent.nodes.options import Option, answered, options_of
from scafe.agent.nodes.plateau import Plateau, is_vain, plateau
from scafe.agent.nodes.state import Line, LoopContext, LoopState, RoundResult, Task, Update
from scafe.agent.record.events import RoundAssessed
from scafe.agent.record.revisions import read_revision
from scafe.evals.disclosure.score_card import ScoreCard

CHANGE_LOOKS_BACK = 2
"""Rounds whose fruitless operators make way when the plateau says 'change'."""


def assess(state: LoopState, context: LoopContext) -> Update:
    """Record what the round brought; go on with a new batch, or end the search."""
    gained = len(state["pool"]) - sum(one["gained"] for one in state["history"])
    wins, tries = _updated_arms(state)
    gates = _gates(state, context)
    this = RoundResult(
        round=state["round"], gained=gained, operators=state["asked"], accepted=gates["accepted"]
    )
    history = [*state["history"], this]
    grade = plateau([one["gained"] for one in history])
    state = {**state, "history": history}
    tasks, draws, beliefs = _next_batch(state, context, grade, wins, tries)
    why = _why_stop(state, context, grade, bool(tasks))
    context.trace.record(
        RoundAssessed(
            round=state["round"],
            gained=gained,
            accepted=gates["accepted"],
            rejected=gates["rejected"],
            indecisive=gates["indecisive"],
            plateau=grade,
            next="prune" if why else "round",
            why=why or f"plateau: {grade}",
            calls=state["calls"],
            queries_left=state["queries_left"],
        )
    )
    common = {"wins": wins, "tries": tries, "history": history}
    if why:
        return {**common, "tasks": []}
    upcoming = state["round"] + 1
    rng = [context.seed, upcoming]
    asked = [task["operator"] for task in tasks]
    decided: Update = {"draws": draws, "beliefs": beliefs, "rng": rng}
    if context.spreads:
        decided["ideas"] = ideas_left(state, tasks)
    return {**common, **decided, "tasks": tasks, "asked": asked, "round": upcoming}


def after_assess(state: LoopState) -> str:
    """Ask again, or prune."""
    return "compose" if state["tasks"] else "prune"


def _why_stop(state: LoopState, context: LoopContext, grade: Plateau, any_task: bool) -> str:
    if state["capped"]:
        return f"a cap was reached: {state['capped']}"
    if state["mode"] == "gated" and state["queries_left"] == 0:
        return "no label query is left"
    if context.max_calls - state["calls"] <= _held_back(state, context):
        left = context.max_calls - state["calls"]
        return f"the search has used its calls ({left} are held back)" if left > 0 else "the calls are spent"
    if context.evaluations_left(state["lines"]) == 0:
        return "the evaluations are spent"
    if grade == "stop":
        return "three rounds brought nothing"
    rounds = [one.get("accepted", 0) for one in state["history"][1:]]
    if context.earns_calls and is_vain(rounds, context.patience):
        return _vain_words(context.patience)
    return "" if any_task else "nothing is left to revise"


def _vain_words(patience: int) -> str:
    if patience == 0:
        return "no adaptive round was asked for (patience 0)"
    what = "the last round" if patience == 1 else f"the last {patience} rounds"
    return f"{what} brought nothing that the gate accepted"


def _held_back(state: LoopState, context: LoopContext) -> int:
    """Return the calls that a round leaves for repairs: from format 5 on none, if the last one earned its."""
    earned = context.earns_calls and state["history"][-1].get("accepted", 0) > 0
    return 0 if earned else context.plan(state["queries_left"], state["mode"]).reserve


def _updated_arms(state: LoopState) -> tuple[dict[str, int], dict[str, int]]:
    """Count, per operator, the lines of this round and those that brought something."""
    wins, tries = Counter(state["wins"]), Counter(state["tries"])
    if state["round"] == 0:
        return dict(wins), dict(tries)  # blind drafts are not a choice of the bandit
    tries.update(state["asked"])
    for line in state["lines"].values():
        if line["round"] == state["round"] and line["pooled"]:
            wins[line["origin"]] += 1
    return dict(sorted(wins.items())), dict(sorted(tries.items()))


def _next_batch(
    state: LoopState, context: LoopContext, grade: Plateau, wins: dict[str, int], tries: dict[str, int]
) -> tuple[list[Task], list[dict[str, float]], dict[str, list[float]]]:
    """Draw the next round's tasks; one generator per round, in a fixed order of draws."""
    spread = context.plan(state["queries_left"], state["mode"])
    size = min(spread.batch, context.max_calls - state["calls"] - _held_back(state, context))
    size = min(size, context.evaluations_left(state["lines"]))
    if state["mode"] == "gated":
        size = min(size, state["queries_left"])  # a paid draft must find a query left
    rng = round_rng(context.seed, state["round"] + 1)
    beliefs = posterior(wins, tries)
    tasks: list[Task] = []
    draws = []
    for number in range(size):
        options = options_of(state, context, tasks)
        allowed = [operator for operator in options if operator not in _tired(state, grade)] or list(options)
        if not allowed:
            break
        choice = choose(beliefs, allowed, rng)
        draws.append(choice.draws)
        option = _pick(options[choice.operator], rng)
        tasks.append(_task(state, context, number, choice.operator, option, tasks))
    return tasks, draws, {name: list(pair) for name, pair in beliefs.items()}


def _tired(state: LoopState, grade: Plateau) -> set[str]:
    """Return the operators that must make way: asked in dry rounds, without a gain."""
    if grade != "change":
        return set()
    return {operator for one in state["history"][-CHANGE_LOOKS_BACK:] for operator in one["operators"]}


def _pick(options: list[Option], rng: np.random.Generator) -> Option:
    weights = np.array([one.weight for one in options])
    return options[int(rng.choice(len(options), p=weights / weights.sum()))]


def _task(
    state: LoopState,
    context: LoopContext,
    number: int,
    operator: Operator,
    option: Option,
    chosen: list[Task],
) -> Task:
    """Build a request, numbered within its criterion so that two requests for one criterion differ."""
    variant = sum(one["criterion"] == option.criterion for one in answered(state))
    variant += sum(task["criterion"] == option.criterion for task in chosen)
    ideas = state["ideas"].get(option.criterion, []) if operator == "redraft" else []
    if context.spreads:  # of these none was handed out; another criterion has the round's other requests
        ideas = ideas[sum(task["criterion"] == option.criterion for task in chosen) :][:1]
    idea = ideas[variant % len(ideas)] if ideas else ""
    return new_task(number, operator, option.criterion, list(option.parents), idea, variant)


def _gates(state: LoopState, context: LoopContext) -> Counter[str]:
    """Count how the gate answered in this round."""
    scored = [line for line in state["lines"].values() if line["round"] == state["round"] and line["scored"]]
    return Counter(_gate(read_revision(context.run, line["name"]).card, line) for line in scored)


def _gate(card: ScoreCard | None, line: Line) -> str:
    """Return how the gate answered; where no label was looked at, whether anything was pooled."""
    if card is None or card.gate == "blind":
        return "accepted" if line["pooled"] else "rejected"
    return card.gate
