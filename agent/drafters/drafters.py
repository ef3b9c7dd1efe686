"""A drafter answers a `Brief` with text that holds one extractor (or a plan).

A chat model, the built-in drafter, a person and a replay keep one protocol, so the graph does not
know who answered, and nobody is given more than a `Brief`. Other distributions add drafters through
the entry point `scafe.drafters`: its value names a function that takes `DrafterSettings` and the part
of the spec after the colon, and returns a `Drafter`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from scafe.agent.brief.brief import Brief
from scafe.agent.egress.completion import Usage
from scafe.knowledge.contract.errors import SettingsError

if TYPE_CHECKING:
    from scafe.agent.egress.budget import Caps
    from scafe.agent.egress.door import EgressLevel

__all__ = ["Drafter", "DrafterSettings", "Reply", "Usage", "load_drafter"]

SHIPPED = ("builtin", "manual", "openai:NAME", "replay:RUN")
"""Specs that need no plug-in."""


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


@runtime_checkable
class Drafter(Protocol):
    """Writes extractors. Must be safe to call from several threads at once."""

    name: str
    """The spec it was loaded by, for the trace."""
    egress_level: Literal["none", "aggregates"]
    """What this drafter needs to send away: nothing, or words with disclosed aggregates."""

    def draft(self, brief: Brief) -> Reply:
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
    level: "EgressLevel" = "aggregates"
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
    caps: "Caps | None" = None
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
    elapsed_s: Callable[[], float] | None = None
    """Seconds the run has taken, over all its processes; None: the seconds spent on calls are counted."""


def load_drafter(spec: str, settings: DrafterSettings | None = None) -> Drafter:
    """Load a drafter by its spec: `builtin`, `openai:NAME`, `manual`, `replay:RUN` or a plug-in's name.

    Raises
    ------
    SettingsError
        If the spec is unknown or lacks its part after the colon.
    EgressError
        If the drafter needs a higher egress level than the run states.
    """
    settings = settings or DrafterSettings()
    kind, _, rest = spec.partition(":")
    drafter = _load(kind, rest, settings)
    from scafe.agent.egress.door import require_level

    require_level(settings.level, drafter.egress_level, f"drafter {spec}")
    return drafter


def _load(kind: str, rest: str, settings: DrafterSettings) -> Drafter:
    if kind == "builtin":
        from scafe.agent.drafters.builtin import BuiltinDrafter

        builtin: Drafter = BuiltinDrafter()
        return builtin
    if kind == "openai":
        from scafe.agent.drafters.chat import open_chat

        return open_chat(_named(kind, rest, "the model's name, e.g. openai:qwen3-coder"), settings)
    if kind == "manual":
        from scafe.agent.drafters.manual import ManualDrafter

        return ManualDrafter(settings)
    if kind == "replay":
        from scafe.agent.drafters.replay import ReplayDrafter

        return ReplayDrafter(
            Path(_named(kind, rest, "a run folder, e.g. replay:runs/reference/builtin")), settings
        )
    return _plugged(kind, rest, settings)


def _named(kind: str, rest: str, what: str) -> str:
    if not rest:
        raise SettingsError(f"model {kind!r} needs {what} after the colon")
    return rest


def _plugged(kind: str, rest: str, settings: DrafterSettings) -> Drafter:
    for point in entry_points(group="scafe.drafters", name=kind):
        drafter: Drafter = point.load()(settings, rest)
        return drafter
    others = sorted(point.name for point in entry_points(group="scafe.drafters"))
    raise SettingsError(f"no drafter {kind!r}; known: {', '.join((*SHIPPED, *others))}")
