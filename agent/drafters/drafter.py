"""A drafter answers a brief with text that holds one extractor (or a plan, or a locator).

A chat model, the built-in drafter, a person and a replay keep one protocol, so the graph does not
know who answered, and nobody is given more than a `Brief`. Other distributions add drafters through
the entry point `scafe.drafters` (see `loading`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from scafe.agent.brief.brief import AnyBrief
from scafe.agent.egress.budget import Caps
from scafe.agent.egress.completion import Usage
from scafe.agent.egress.payload import EgressLevel
from scafe.agent.record.events import Format
from scafe.agent.record.wire import mend_text

__all__ = ["Drafter", "DrafterSettings", "Reply", "Usage"]


@dataclass(frozen=True)
class Reply:
    """What a drafter wrote."""

    text: str
    """Plain text; read with `scafe.agent.reply.reply`."""
    request_sha256: str
    """Identity of the request: hash over the words, the variant and the seed; no model, no clock."""
    usage: Usage | None
    """None if no endpoint counted."""
    cached: bool
    """True if the reply was read from a journal and nothing was paid."""
    finish_reason: str | None = None
    """As the endpoint said it; 'length' means that the text was cut off."""
    replaced: int = 0
    """Characters of the text that were no valid Unicode and stand as U+FFFD."""

    def __post_init__(self) -> None:
        """Make the text valid Unicode, whoever wrote it: it is written to files and sent again."""
        mended = mend_text(self.text)
        object.__setattr__(self, "text", mended.text)
        object.__setattr__(self, "replaced", self.replaced + mended.replaced)


@runtime_checkable
class Drafter(Protocol):
    """Writes extractors. Must be safe to call from several threads at once."""

    name: str
    """The spec it was loaded by, for the trace."""
    egress_level: Literal["none", "aggregates"]
    """What this drafter needs to send away: nothing, or words with disclosed aggregates."""

    def draft(self, brief: AnyBrief) -> Reply:
        """Answer one brief.

        Raises
        ------
        WaitingError
            If a person has not answered yet.
        ModelError, BudgetError
            If the endpoint failed after its retries, or a cap would be passed.
        EgressError
            If the words may not be sent.
        """
        ...


@dataclass(frozen=True)
class DrafterSettings:
    """Everything a drafter may need beside the brief."""

    run: Path | None = None
    """Run folder; journals lie in `run/llm`, the manual drafter's post in `run/outbox` and `run/inbox`."""
    level: EgressLevel = "aggregates"
    """The run's egress level; a drafter that needs more is refused."""
    base_url: str | None = None
    """OpenAI-compatible endpoint; None: https://api.openai.com/v1."""
    repair_model: str | None = None
    """Cheaper model for the operator `repair`, at the same endpoint."""
    max_tokens: int = 8192
    """Longest reply, hidden reasoning included."""
    temperature: float | None = None
    """None: the endpoint's default; some models refuse any other."""
    timeout_s: float = 600.0
    """Longest wait for one answer."""
    caps: Caps | None = None
    """Hard caps on calls, tokens, money and seconds; None: no caps."""
    prices: Path | None = None
    """TOML file whose prices override the shipped table."""
    prompts: Path | None = None
    """Folder whose Markdown files replace the shipped ones of the same name."""
    never_send: tuple[str, ...] = ()
    """Texts that must never leave, e.g. the dataset's folder and its file names."""
    seed: int = 0
    """For drafters that draw."""
    person: str = ""
    """Who answers, for the manual drafter's record."""
    tell: Callable[[str], None] | None = None
    """Is told in a sentence what was learnt about the endpoint, or what a client library did by itself."""
    elapsed_s: Callable[[], float] | None = None
    """Seconds the run has taken, over all its processes; None: the seconds spent on calls are counted."""


@runtime_checkable
class Closing(Protocol):
    """A drafter that holds connections."""

    def close(self) -> None:
        """Let them go."""


@runtime_checkable
class Replaying(Protocol):
    """A drafter whose answers were given in an earlier run."""

    format: Format | None
    """What that run keeps to; None if it left no trace."""
