"""Load a drafter by its spec: `builtin`, `openai:NAME`, `manual`, `replay:RUN` or a plug-in's name.

Other distributions add drafters through the entry point `scafe.drafters`: its value names a function that
takes `DrafterSettings` and the part of the spec after the colon, and returns a `Drafter`.
"""

from importlib.metadata import entry_points
from pathlib import Path

from scafe.agent.drafters.drafter import Drafter, DrafterSettings
from scafe.agent.egress.payload import require_level
from scafe.knowledge.contract.errors import SettingsError

SHIPPED = ("builtin", "manual", "openai:NAME", "replay:RUN")
"""Specs that need no plug-in."""


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
