"""What left the machine in one run, byte for byte, read from the journal of its calls."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from scafe.agent.journal import Journal

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
