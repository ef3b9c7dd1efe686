"""When to ask an endpoint again, how long to wait, and what to say when it is over."""

import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Protocol

from scafe.agent.egress.hosts import host_of
from scafe.agent.egress.journal import Attempt

RETRY_STATUS = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
SPENT_WORDS = ("insufficient_quota", "billing", "exceeded your current quota")
"""A 429 with one of these will not go away by waiting."""


class Clock(Protocol):
    """Where time comes from; tests bring their own."""

    def now(self) -> float:
        """Return seconds, from any origin."""
        ...

    def wall(self) -> float:
        """Return seconds since 1970, to read a date in Retry-After."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return seconds of a clock that never runs backwards."""
        return time.monotonic()

    def wall(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True)
class Patience:
    """How often and how long a run waits for an endpoint."""

    max_tries: int = 5
    """Attempts in all."""
    empty_tries: int = 2
    """Attempts while the answer has no text: a second helps where a server hiccupped, a third does not."""
    first_wait_s: float = 2.0
    """Doubles with each attempt."""
    max_wait_s: float = 60.0
    """Longest wait of our own."""
    max_retry_after_s: float = 120.0
    """Longest wait that an endpoint may ask for."""
    clock: Clock = field(default_factory=SystemClock)

    def wait(self, done: Attempt, tries: int, retry_after: str | None) -> float | None:
        """Return how long to wait before the next attempt, or None to give up."""
        limit = self.empty_tries if done.outcome == "empty" else self.max_tries
        if tries >= limit or not self._is_passing(done):
            return None
        asked = self._asked_for(retry_after)
        if asked is not None:
            return min(asked, self.max_retry_after_s)
        return float(min(self.first_wait_s * 2 ** (tries - 1), self.max_wait_s))

    def complaint(self, done: Attempt, model: str, base_url: str, tries: int) -> str:
        """Say what failed, and the way out."""
        host = host_of(base_url)
        said = f" It says: {done.note}" if done.note else ""
        after = f"after {tries} attempts" if tries > 1 else "at the first attempt"
        if done.outcome == "http":
            return f"{host} answered HTTP {done.status} {after} (model {model}). {_way_out(done)}{said}"
        met = {
            "unreachable": "cannot be reached: is the server running, and is the base URL right?",
            "timeout": "did not answer in time: raise the timeout or choose a faster model.",
            "dropped": "dropped the connection.",
            "garbled": "sent something that is no completion: does the base URL end in /v1?",
        }.get(str(done.outcome), "gave no answer.")
        return f"{host} {met} ({after}, model {model}; the run can be resumed){said}"

    def _is_passing(self, done: Attempt) -> bool:
        if done.outcome != "http":
            return True
        spent = done.status == 429 and any(word in done.note.lower() for word in SPENT_WORDS)
        return done.status in RETRY_STATUS and not spent

    def _asked_for(self, retry_after: str | None) -> float | None:
        if not retry_after:
            return None
        try:
            return max(0.0, float(retry_after))
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(retry_after).timestamp() - self.clock.wall())
        except (ValueError, OverflowError, TypeError):  # 'Mon, 99999999999 Jan'
            return None


def _way_out(done: Attempt) -> str:
    return {
        400: "The endpoint refused the request.",
        401: "The key is missing or wrong: export SCAFE_API_KEY.",
        403: "The key may not use this model.",
        404: "No such model, or the base URL lacks /v1.",
        413: "The prompt is longer than the endpoint takes: choose a model with a longer context.",
        429: "The endpoint's limit is reached: wait and resume the run, or raise the limit there.",
    }.get(done.status or 0, "Resume the run when the endpoint is well again.")
