"""How one endpoint wants to be asked: which settings it takes and how long a reply may be, learnt by asking.

What was learnt stands in `llm/endpoint.json`, so that a run asks for it once, also when it is resumed.
"""

import json
import math
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scafe.agent.egress.journal import read_kept, write_durably
from scafe.agent.egress.limits import NamedLimits, complaint, named_limits

MEMORY = "endpoint.json"
FRAME_TOKENS = 64
"""Tokens that a chat template may add around two messages."""
LEAST_REPLY = 512
"""Tokens below which a reply cannot hold a module: the shipped measures take 500 to 1,300."""
FIRST_RATIO = 1 / 3
"""Tokens for a byte, until a server has counted: English and code run at three to five bytes a token."""
Tell = Callable[[str], None]


class Dialect(BaseModel):
    """What one endpoint takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token_field: str = Field(default="max_tokens", pattern="^max_(completion_)?tokens$")
    store: bool = Field(default=True, description="whether `store: false` is sent (do not keep this)")
    temperature: bool = Field(default=True, description="whether a temperature is sent, if one is set")
    reply_tokens: int | None = Field(default=None, ge=1, description="longest reply that it allows")
    context_tokens: int | None = Field(default=None, ge=1, description="prompt and reply together")
    tokens_per_byte: float | None = Field(
        default=None, gt=0, le=4, description="of a prompt that was refused"
    )

    def longest_reply(self, wanted: int, sent_bytes: int) -> int:
        """Return how long a reply may be asked for, in tokens, beside a prompt of so many bytes."""
        allowed = min(wanted, self.reply_tokens or wanted)
        if self.context_tokens is None:
            return allowed
        prompt = math.ceil(sent_bytes * (self.tokens_per_byte or FIRST_RATIO)) + FRAME_TOKENS
        return max(min(allowed, self.context_tokens - prompt), min(allowed, LEAST_REPLY))

    def settings(self, wanted: int, sent_bytes: int, temperature: float | None) -> dict[str, Any]:
        """Return the settings of a request: what is put beside the model's name and the words."""
        found: dict[str, Any] = {self.token_field: self.longest_reply(wanted, sent_bytes)}
        if self.store:
            found["store"] = False
        if self.temperature and temperature is not None:
            found["temperature"] = temperature
        return found

    def after(self, raw: bytes, asked: int, sent_bytes: int, *, keep_store: bool) -> tuple["Dialect", str]:
        """Return the dialect that a refusal asks for, and what changed in words; '' if it names nothing."""
        limits = named_limits(raw, asked)
        if limits.about_context:
            return self._shorter(limits, asked, sent_bytes)
        if limits.reply is not None:
            told = f"the longest reply is {limits.reply} tokens here; {asked} were asked for"
            return self.model_copy(update={"reply_tokens": limits.reply}), told
        return self._without(complaint(raw), keep_store=keep_store)

    def _shorter(self, limits: NamedLimits, asked: int, sent_bytes: int) -> tuple["Dialect", str]:
        context = limits.context or self.context_tokens
        if context is None or asked <= LEAST_REPLY:
            return self, ""
        ratio = (self.tokens_per_byte or FIRST_RATIO) * (1.25 if self.context_tokens else 1)
        if limits.prompt is not None:
            if context - limits.prompt < LEAST_REPLY:
                return self, ""
            ratio = 1.01 * limits.prompt / max(sent_bytes, 1)
        learnt = {"context_tokens": context, "tokens_per_byte": min(ratio, 4.0)}
        return self.model_copy(
            update=learnt
        ), f"the context is {context} tokens here, so replies are asked to be shorter than {asked}"

    def _without(self, said: str, *, keep_store: bool) -> tuple["Dialect", str]:
        others = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
        if re.search(rf"\b{self.token_field}\b", said):
            other = others[self.token_field]
            return self.model_copy(
                update={"token_field": other}
            ), f"{self.token_field} is refused; {other} is sent"
        if self.store and not keep_store and re.search(r"\bstore\b", said):
            return self.model_copy(update={"store": False}), "store is refused and left out"
        if self.temperature and re.search(r"\btemperature\b", said):
            return self.model_copy(update={"temperature": False}), "temperature is refused and left out"
        return self, ""


class Memory:
    """What a run learnt about its endpoints. Safe to use from several threads.

    Parameters
    ----------
    folder : Path, optional
        The journal's; without one nothing outlives the process.
    tell : callable, optional
        Is told in a sentence what was learnt, once.
    """

    def __init__(self, folder: Path | None = None, tell: Tell | None = None) -> None:
        self._path = folder / MEMORY if folder else None
        self._tell = tell
        self._lock = threading.Lock()

    def recall(self, base_url: str, model: str) -> Dialect | None:
        """Return what was learnt about a model at an endpoint; None if nothing."""
        with self._lock:
            found = self._read().get(_name(base_url, model))
        try:
            return Dialect.model_validate(found) if found is not None else None
        except ValidationError:
            return None  # written by another version: it is learnt again

    def keep(self, base_url: str, model: str, dialect: Dialect, told: str) -> None:
        """Keep what was learnt, and tell it."""
        with self._lock:
            if self._path is not None:
                known = self._read() | {_name(base_url, model): dialect.model_dump(exclude_defaults=True)}
                write_durably(self._path, json.dumps(known, indent=1, sort_keys=True).encode() + b"\n")
        if self._tell is not None:
            self._tell(f"{model}: {told}")

    def _read(self) -> dict[str, Any]:
        if self._path is None or not self._path.is_file():
            return {}
        try:
            found = json.loads(read_kept(self._path))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def _name(base_url: str, model: str) -> str:
    return f"{base_url} {model}"
