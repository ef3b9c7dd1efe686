"""What is known of an extractor, as an order: the gate's answer first, then how strongly its features told.

Only what was disclosed counts, so nothing is told by the order that a score card did not tell. In blind mode
the gate is silent, and every extractor in the pool is alike.
"""

from dataclasses import dataclass
from typing import Literal

from scafe.agent.nodes.state import Line
from scafe.evals.disclosure.score_card import ScoreCard

Gate = Literal["accepted", "indecisive", "blind", "rejected", ""]
ORDER: tuple[Gate, ...] = ("", "rejected", "blind", "indecisive", "accepted")
"""From least to most; '' stands for what was never scored."""
STRENGTHS = ("withheld", "weak", "moderate", "strong")
CHANCE: dict[Gate, float] = {"accepted": 4.0, "indecisive": 1.5, "blind": 1.0, "": 1.0, "rejected": 0.5}
"""How much likelier an extractor, or its criterion, is to be asked about again. A judgement: what was
accepted is worth several looks, what was rejected one in eight of them, for the gate errs on few patients."""
PER_STRENGTH = 0.5
"""What each step of strength adds to the chance."""


@dataclass(frozen=True, order=True)
class Merit:
    """What is known of one extractor; the greater, the better."""

    gate_rank: int
    """Place of the gate's answer in `ORDER`."""
    strength: int
    """Place in `STRENGTHS` of the strongest feature that does not run against its prediction."""
    pooled: int
    """Features in the pool."""

    @property
    def gate(self) -> Gate:
        """What the gate said."""
        return ORDER[self.gate_rank]

    @property
    def chance(self) -> float:
        """Relative chance of being asked about again."""
        return CHANCE[self.gate] * (1 + PER_STRENGTH * self.strength)


def merit_of(line: Line, card: ScoreCard | None) -> Merit:
    """Return what is known of an extractor from its line and its score card, if it has one."""
    told = [one for one in (card.features if card else ()) if one.evidence != "opposes"]
    strength = max((STRENGTHS.index(one.strength) for one in told), default=0)
    return Merit(ORDER.index(card.gate if card else ""), strength, len(line["pooled"]))
