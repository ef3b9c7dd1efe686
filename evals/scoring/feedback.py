"""How far labels may steer the search: not at all on small data, by a counted number of queries on larger."""

from dataclasses import dataclass
from typing import Literal

from scafe.knowledge.contract.errors import SettingsError

FeedbackMode = Literal["blind", "gated"]
"""Blind: what a drafter is told does not depend on a label. Gated: labels answer a counted number
of queries."""
GATED_FROM = 100
"""Fewest dev patients that may steer the search by their labels (measured: `scafe selftest gate`)."""
QUERIES = ((200, 50), (GATED_FROM, 20))
"""Label queries by number of development patients, largest first."""


@dataclass(frozen=True)
class Plan:
    """How far labels may steer."""

    mode: FeedbackMode
    queries: int
    """Label queries in all; 0 in blind mode."""


def plan_feedback(asked: Literal["auto", "blind", "gated"], dev_patients: int, is_sealed: bool) -> Plan:
    """Decide whether labels may steer the search, and how often.

    Raises
    ------
    SettingsError
        If gated feedback is asked for and the data cannot bear it.
    """
    queries = next((number for least, number in QUERIES if dev_patients >= least), 0) if is_sealed else 0
    if asked == "gated" and not queries:
        reason = (
            f"{dev_patients} patients to develop on"
            if is_sealed
            else "too few patients for a held-out test set"
        )
        raise SettingsError(
            f"gated feedback needs a held-out test set and at least {GATED_FROM} development patients; this "
            f"data has {reason}. Use --feedback auto or blind"
        )
    return Plan("blind", 0) if asked == "blind" or not queries else Plan("gated", queries)
