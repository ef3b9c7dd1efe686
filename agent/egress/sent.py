"""What left the machine in one run, byte for byte, read from the journal of its calls."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.egress.budget import ledger_of
from scafe.agent.egress.journal import Journal

JOURNAL = "llm"


class Sent(BaseModel):
    """One body that was sent to an endpoint, or given to a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: str = Field(description="identity of the request: hash over words, variant and seed")
    attempt: int = Field(ge=1)
    to: str = Field(description="URL, 'person' or 'replay'")
    model: str
    level: str = Field(description="egress level of the payload")
    operator: str
    criterion: str
    bytes: int = Field(ge=0)
    body: str = Field(description="exactly what was sent")

    @property
    def head(self) -> str:
        """One line about it."""
        what = f"{self.operator} {self.criterion}".strip()
        return (
            f"{self.bytes} bytes to {self.to}, model {self.model}, {what}, level {self.level}, "
            f"request {self.request[:12]}, attempt {self.attempt}"
        )


def list_sent(run: Path) -> tuple[Sent, ...]:
    """Return every body of a run, by request; an attempt that was sent again stands there again."""
    if not (run / JOURNAL).is_dir():
        return ()
    return tuple(
        Sent(
            request=entry.request.sha256,
            attempt=attempt.attempt,
            to=entry.request.endpoint,
            model=entry.request.model,
            level=entry.request.level,
            operator=entry.request.operator,
            criterion=entry.request.criterion,
            bytes=len((attempt.body or entry.request.body).encode()),
            body=attempt.body or entry.request.body,
        )
        for entry in Journal(run / JOURNAL).entries()
        for attempt in entry.attempts
        if attempt.event == "sent"
    )


def sum_sent(run: Path) -> dict[str, object]:
    """Sum up for the report what left, each request once: a repeat after a kill holds the same bytes.

    Returns
    -------
    dict
        Empty if nothing was sent or given to anybody.
    """
    once = {one.request: one for one in list_sent(run)}
    if not once:
        return {}
    return {
        "requests": len(once),
        "bytes": sum(one.bytes for one in once.values()),
        "to": ", ".join(sorted({one.to for one in once.values()})),
        "model": ", ".join(sorted({one.model for one in once.values()})),
        "level": ", ".join(sorted({one.level for one in once.values()})),
    }


def sum_spent(run: Path) -> dict[str, object]:
    """Sum up calls, tokens and, where a price is known, money; empty if no endpoint was asked."""
    if not (run / JOURNAL).is_dir():
        return {}
    ledger = ledger_of(Journal(run / JOURNAL))
    spent: dict[str, object] = {
        "endpoint_calls": ledger.calls,
        "failed_calls": ledger.failed,
        "prompt_tokens": ledger.prompt_tokens,
        "completion_tokens": ledger.completion_tokens,
    }
    return spent if ledger.cost is None else {**spent, "cost": str(ledger.cost)}
