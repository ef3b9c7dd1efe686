"""What all events share, and those of one sitting of a run: two equal runs may differ in them."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class Event(BaseModel):
    """Base of all events; `kind` tells them apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    in_body: ClassVar[bool] = True
    """False for what only concerns this sitting (a resume, a torn line): two equal runs may differ in it."""


class Resumed(Event):
    """A new process took the run up."""

    in_body: ClassVar[bool] = False
    kind: Literal["resumed"] = "resumed"
    cursor: int


class TornLine(Event):
    """The last line was cut off by a kill and set aside in events.torn."""

    in_body: ClassVar[bool] = False
    kind: Literal["torn_line"] = "torn_line"
    bytes: int
    sha256: str


class Paused(Event):
    """The run stopped before its end and can be resumed."""

    in_body: ClassVar[bool] = False
    kind: Literal["paused"] = "paused"
    status: Literal["waiting", "interrupted"]
    why: str


class Escalated(Event):
    """A person at a gate passed the decision on to somebody else; the run goes on waiting."""

    in_body: ClassVar[bool] = False
    kind: Literal["escalated"] = "escalated"
    gate: Literal["plan", "freeze", "seal"]
    name: str = Field(min_length=1, description="who passed it on")
    meaning: str = Field(min_length=1, description="to whom, and why")


class Noticed(Event):
    """Something was learnt about the endpoint, or a library did something by itself; nothing hangs on it."""

    in_body: ClassVar[bool] = False
    kind: Literal["noticed"] = "noticed"
    what: str = Field(description="in a sentence")
