"""The cap on seconds counts the sittings of a run, not the breaks between them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scafe.agent.record.sittings import seconds_of, seconds_run

START = datetime(2026, 1, 1, tzinfo=UTC)


def line(kind: str, after_s: float) -> dict[str, Any]:
    return {"kind": kind, "ts": (START + timedelta(seconds=after_s)).isoformat()}


def test_a_run_that_goes_on_counts_from_its_first_event_until_now() -> None:
    assert seconds_run([line("run_started", 0), line("planned", 5)], START + timedelta(seconds=12)) == 12


@given(st.floats(1, 1e6))
def test_a_break_of_any_length_does_not_count(days: float) -> None:
    lines = [
        line("run_started", 0),
        line("paused", 10),
        line("resumed", 10 + days),
        line("replied", 13 + days),
    ]
    assert abs(seconds_run(lines, START + timedelta(seconds=15 + days)) - 15) < 1e-4


def test_a_run_without_a_trace_has_taken_no_time(tmp_path: Path) -> None:
    assert seconds_of(tmp_path / "events.jsonl") == 0.0
