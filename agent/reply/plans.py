"""From a drafter's words to a plan: ideas for each criterion, before any code is written."""

import re
from dataclasses import dataclass

from scafe.agent.brief.contraband import cut_contraband
from scafe.agent.record.wire import mend_text
from scafe.agent.reply.blocks import fenced_blocks, without_noise, without_thinking
from scafe.agent.reply.parsing import TOO_MUCH, TooMuchError, literal, metered
from scafe.agent.reply.reply import MAX_REPLY

MAX_BRACES = 40
"""Braces tried as the ends of a plan; a plan of one dict needs one pair."""


@dataclass(frozen=True)
class ReadPlan:
    """What could be made of a reply to `plan`."""

    plan: dict[str, tuple[str, ...]] | None
    """Criterion -> ideas, best first; only criteria that were asked for. None if there is no plan."""
    steps: tuple[str, ...]
    complaint: str


def read_plan(text: str, criteria: tuple[str, ...]) -> ReadPlan:
    """Read the PLAN in a reply; ideas for criteria that were not asked for are left out. Never raises."""
    try:
        with metered():
            return _read_plan(text, criteria)
    except (TooMuchError, RecursionError, MemoryError):
        return ReadPlan(None, (), TOO_MUCH)


def _read_plan(text: str, criteria: tuple[str, ...]) -> ReadPlan:
    plain, noise = without_noise(text[:MAX_REPLY])
    spoken, thought = without_thinking(plain)
    steps = (*noise, *thought)
    blocks = [block.code for block in reversed(fenced_blocks(spoken))]
    for code in (*blocks, spoken):
        said = _plan_literal(code)
        plan = _plan(said, criteria) if said is not None else {}
        if plan:
            left_out = (
                ("left_out_unknown_criteria",) if isinstance(said, dict) and len(plan) < len(said) else ()
            )
            return ReadPlan(plan, (*steps, *left_out), "")
    wanted = ", ".join(criteria)
    return ReadPlan(None, steps, f'no PLAN = {{"criterion": ["idea", …]}} was found; its keys are: {wanted}')


def _plan_literal(code: str) -> object:
    """Return the longest dict literal that may be a plan: PLAN = {…}, a bare dict, or JSON."""
    ends = [match.end() for match in re.finditer(r"\}", code)][-MAX_BRACES:]
    for start in [match.start() for match in re.finditer(r"\{", code)][:MAX_BRACES]:
        for end in reversed([end for end in ends if end > start]):
            try:
                return literal(code[start:end])
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
    return None


def _plan(said: object, criteria: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if isinstance(said, dict) and set(said) == {"PLAN"}:
        said = said["PLAN"]
    if not isinstance(said, dict):
        return {}
    flat = {re.sub(r"[^a-z0-9]", "", str(key).casefold()): value for key, value in said.items()}
    found = {}
    for criterion in criteria:
        ideas = _ideas(flat.get(re.sub(r"[^a-z0-9]", "", criterion)))
        if ideas:
            found[criterion] = ideas
    return found


def _ideas(said: object) -> tuple[str, ...]:
    listed = said if isinstance(said, (list, tuple)) else [said]
    ideas = [
        one if isinstance(one, str) else next(iter(one.values()), "") if isinstance(one, dict) else ""
        for one in listed
    ]
    plain = (" ".join(mend_text(str(idea)).text.split())[:400] for idea in ideas)
    return tuple(cut_contraband(idea) for idea in plain if idea)
