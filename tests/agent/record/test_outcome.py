"""How a run ended is read from its trace alone, and a trace that was edited is one sentence."""

from pathlib import Path

import pytest

from scafe.agent.record.events import RunFinished
from scafe.agent.record.outcome import finished
from scafe.agent.record.trace import Trace
from scafe.knowledge.contract.errors import IntegrityError


def test_a_trace_that_claims_an_end_it_does_not_hold_is_refused_by_the_missing_event(tmp_path: Path) -> None:
    Trace(tmp_path).record(RunFinished(status="frozen", why="", calls=1))
    with pytest.raises(IntegrityError, match="'run_started'; the file was edited"):
        finished(tmp_path)
