"""Requests for locators, put side by side: they are written independently, and none sees another."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from scafe.agent.brief.brief import LocatorBrief
from scafe.agent.drafters.drafter import Reply
from scafe.agent.nodes.state import LoopContext
from scafe.knowledge.contract.errors import BudgetError, WaitingError


@dataclass(frozen=True)
class Wanted:
    """One request."""

    brief: LocatorBrief
    parent: str
    """SHA-256 of the locator to mend; '' for a draft."""


@dataclass(frozen=True)
class Answer:
    """What came of one request."""

    wanted: Wanted
    reply: Reply | None
    """None: a cap came first."""
    capped: str = ""
    """Which, in words."""


def ask_all(context: LoopContext, wanted: Sequence[Wanted]) -> list[Answer]:
    """Put every request; answers come back in the order of the requests.

    Raises
    ------
    WaitingError
        A person has not answered one of them yet; all were handed out first.
    """
    if not wanted:
        return []
    with ThreadPoolExecutor(len(wanted)) as crew:
        answers = list(crew.map(lambda one: _ask(context, one), wanted))
    for one in answers:
        if isinstance(one, WaitingError):
            raise one
    return [one for one in answers if isinstance(one, Answer)]


def cap_of(answers: Sequence[Answer]) -> str:
    """Return the cap that was met, in words; '' if none was."""
    return next((one.capped for one in answers if one.reply is None), "")


def _ask(context: LoopContext, wanted: Wanted) -> Answer | WaitingError:
    try:
        return Answer(wanted, context.drafter.draft(wanted.brief))
    except WaitingError as error:
        return error
    except BudgetError as error:
        return Answer(wanted, None, str(error))
