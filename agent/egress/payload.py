"""What one request says, and one attempt to say it: the records that pass the way out."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

from scafe.agent.brief.brief import AnyBrief
from scafe.agent.brief.prompt import Message, messages
from scafe.agent.egress.budget import Reservation
from scafe.agent.egress.completion import Completion
from scafe.agent.egress.journal import Outcome
from scafe.knowledge.contract.errors import EgressError

EgressLevel = Literal["none", "aggregates", "features", "pixels"]
"""What may leave a run, each level more than the one before. ScaFE's own drafters need none or aggregates."""
LEVELS: tuple[EgressLevel, ...] = ("none", "aggregates", "features", "pixels")


def require_level(run: EgressLevel, needed: EgressLevel, who: str) -> None:
    """Refuse what needs a higher egress level than the run states.

    Raises
    ------
    EgressError
        If it does.
    """
    if LEVELS.index(needed) > LEVELS.index(run):
        raise EgressError(
            f"{who} sends {needed}, and this run states egress level {run}: "
            "choose a drafter that keeps to it, or start a run with a higher level"
        )


class Sayable(Protocol):
    """What one request says, whoever made it: a brief, or a question that a user consented to."""

    @property
    def level(self) -> EgressLevel:
        """What of patients it holds."""
        ...

    @property
    def messages(self) -> tuple[Message, ...]:
        """Its words, without pictures."""
        ...

    @property
    def said(self) -> list[tuple[str, Any]]:
        """Role and content as an endpoint gets them, pictures included."""
        ...

    @property
    def size(self) -> int:
        """Bytes of its contents."""
        ...

    @property
    def sha256(self) -> str:
        """Identity of the request."""
        ...

    @property
    def about(self) -> tuple[str, str, int, int]:
        """Operator or row, criterion, variant and seed, for the journal."""
        ...


@dataclass(frozen=True)
class Payload:
    """What one request says: a brief in words."""

    brief: AnyBrief
    prompts: Path | None = None
    """Edited prompt files, if any."""
    level: EgressLevel = "aggregates"

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The words."""
        return messages(self.brief, self.prompts)

    @property
    def said(self) -> list[tuple[str, Any]]:
        """Role and words."""
        return [(one.role, one.content) for one in self.messages]

    @property
    def size(self) -> int:
        """Bytes of the words."""
        return sum(len(one.content.encode()) for one in self.messages)

    @property
    def about(self) -> tuple[str, str, int, int]:
        """Operator, criterion or region, variant and seed."""
        brief = self.brief
        return brief.operator, brief.subject, brief.variant, brief.seed

    @cached_property
    def sha256(self) -> str:
        """Identity of the request: the words, the variant and the seed; no model, no endpoint, no clock."""
        said = {
            "messages": [[one.role, one.content] for one in self.messages],
            "variant": self.brief.variant,
            "seed": self.brief.seed,
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass
class Ticket:
    """One attempt on its way through the door."""

    payload: Sayable
    attempt: int
    reservation: Reservation
    model: str
    base_url: str
    timeout_s: float
    seconds: float = 0.0
    status: int | None = None
    retry_after: str | None = None
    raw: bytes = b""
    problem: Outcome | None = None
    """Why no answer came."""
    refusal: EgressError | None = None
    """Why the door stayed shut."""
    sent: bool = False
    """Whether it was journalled as sent."""
    asked: dict[str, Any] | None = None
    """Settings that the carrier gave its client, to compare with what is on the wire; None: not known."""
    advice: str = ""
    """The way out of a refusal, where the carrier knows one."""


class Carrier(Protocol):
    """A client that brings one payload to an endpoint, through the door it was given."""

    model: str
    base_url: str
    timeout_s: float

    @property
    def max_tokens(self) -> int:
        """Longest reply that is asked for."""
        ...

    def carry(self, ticket: Ticket) -> None:
        """Make one attempt; what came back is in the ticket. May raise whatever its client raises."""
        ...

    def adapt(self, ticket: Ticket) -> str:
        """After a refused request (400, 422): change what can be changed and say so, or return ''."""
        ...


@dataclass(frozen=True)
class Answer:
    """What came back for a payload."""

    completion: Completion
    cached: bool
    """True if it was read from the journal."""
