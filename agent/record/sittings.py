"""The time that a run has taken, read from its trace: all its sittings, not the breaks between them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from scafe.agent.record.trace import Line, read_lines


def seconds_run(lines: Iterable[Line], now: datetime) -> float:
    """Add up the sittings of a run; the last one lasts until `now`.

    A sitting begins with the run or with the event `resumed`, so the days that a run waited for a person
    or lay killed do not count.
    """
    total, begun, last = 0.0, None, None
    for line in lines:
        at = datetime.fromisoformat(str(line["ts"]))
        if begun is None or line["kind"] == "resumed":
            total += (last - begun).total_seconds() if begun and last else 0.0
            begun = at
        last = at
    return total if begun is None else total + (now - begun).total_seconds()


def seconds_of(events: Path) -> float:
    """Return the seconds that the run of this trace has taken up to now."""
    return seconds_run(read_lines(events), datetime.now(UTC)) if events.exists() else 0.0
