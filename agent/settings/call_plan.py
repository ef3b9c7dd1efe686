"""How a run's calls are spread at most: wide first, then adaptive rounds while they earn their calls.

At 50 calls over eight criteria: 1 plan, 16 blind drafts, at most 8 repairs, 20 adaptive calls in rounds
of 4, 5 in reserve. Where no adaptive round will come, its calls go to second drafts. Drafts are asked for
in parallel and see no score; only the adaptive rounds do, so few looks at the labels are spent on adapting
to them.
"""

import math
from dataclasses import dataclass
from typing import Literal

from scafe.knowledge.contract.errors import SettingsError

Search = Literal["loop", "best_of_n", "one_shot"]
"""loop: the method · best_of_n: as many calls, all blind drafts · one_shot: one draft per criterion."""
MIN_CALLS = 3
DRAFT_SHARE = 0.32
REPAIR_SHARE = 0.16
RESERVE_SHARE = 0.10
BATCH = 4
DRAFTS_PER_CRITERION = 2
MAX_REPAIRS = 2
"""Per extractor: most of what self-repair gains comes in its first two rounds (arXiv 2604.10508)."""
ADAPTIVE_QUERIES = 4
"""Label-touching queries that the wide wave leaves to the adaptive rounds."""

MAX_LOCATORS, MAX_LOCATOR_REPAIRS = 3, 2
"""Locators that are drafted independently, and calls to mend what was found on them."""
LOCATOR_SHARE = 0.2
"""Of a run's calls; what is measured matters more than a fourth opinion on where."""


@dataclass(frozen=True)
class LocatorPlan:
    """What may be spent on finding the region, before the criteria are drafted."""

    drafts: int
    repairs: int


def plan_locators(max_calls: int, search: Search = "loop") -> LocatorPlan:
    """Spread the calls for locators: drafts first, then repairs.

    Examples
    --------
    >>> plan_locators(50), plan_locators(15)
    (LocatorPlan(drafts=3, repairs=2), LocatorPlan(drafts=2, repairs=1))
    >>> plan_locators(3)
    LocatorPlan(drafts=0, repairs=0)
    """
    allowed = max(min(math.floor(LOCATOR_SHARE * max_calls), max_calls - MIN_CALLS), 0)
    if search == "one_shot":
        return LocatorPlan(drafts=min(allowed, 1), repairs=0)
    if search == "best_of_n":
        return LocatorPlan(drafts=min(allowed, MAX_LOCATORS), repairs=0)
    drafts = min(MAX_LOCATORS, math.ceil(0.6 * allowed))
    return LocatorPlan(drafts=drafts, repairs=min(MAX_LOCATOR_REPAIRS, allowed - drafts))


@dataclass(frozen=True)
class CallPlan:
    """What may be spent on what."""

    drafts: int
    """Blind drafts in all."""
    repairs: int
    """Calls for repairs, in all rounds together."""
    reserve: int
    """Calls that adaptive rounds leave for repairs; from trace format 5 on unless the last was accepted."""
    batch: int
    """Requests in one adaptive round."""


def plan_calls(
    max_calls: int, criteria: int, queries: int, mode: str, search: Search = "loop", patience: int = 1
) -> CallPlan:
    """Spread the calls of a run.

    Parameters
    ----------
    max_calls : int
        Cap on calls of the drafter.
    criteria : int
        Observable criteria of the pack.
    queries : int
        Label-touching queries that the bench allows; 0 in blind mode.
    mode : str
        'blind' or 'gated'.
    search : {'loop', 'best_of_n', 'one_shot'}
        The two baselines spend on blind drafts alone: all calls, or one for each criterion.
    patience : int
        Without any, no adaptive round will come: its calls go to second drafts of every criterion.

    Raises
    ------
    SettingsError
        Below three calls: a plan, a draft and one repair.
    """
    if max_calls < MIN_CALLS:
        raise SettingsError(
            f"max_calls is {max_calls}; a run needs at least {MIN_CALLS}: a plan, one draft and one repair"
        )
    if search != "loop":
        drafts = max_calls - 1 if search == "best_of_n" else min(criteria, max_calls - 1)
        return CallPlan(drafts=drafts, repairs=0, reserve=max_calls, batch=BATCH)
    left = max_calls - 2  # the plan, and at least one repair
    repairs = max(1, math.floor(REPAIR_SHARE * max_calls))
    share = math.ceil(DRAFT_SHARE * max_calls) if patience else left - repairs
    drafts = min(DRAFTS_PER_CRITERION * criteria, max(share, min(criteria, left)), left)
    if mode == "gated":
        drafts = min(drafts, max(queries - ADAPTIVE_QUERIES, 1))
    return CallPlan(
        drafts=drafts,
        repairs=repairs,
        reserve=math.ceil(RESERVE_SHARE * max_calls),
        batch=BATCH,
    )
