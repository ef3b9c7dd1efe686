"""Runs of the loop with stand-ins, and what they left in their folder."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from loop_stand_ins import FaultyDrafter, StandInBench

from scafe.agent.brief.brief import Brief
from scafe.agent.drafters.drafter import Reply
from scafe.agent.loop.run import RunConfig, resume_run, start_run
from scafe.agent.nodes.gates import Decision
from scafe.agent.record.outcome import RunOutcome
from scafe.agent.record.trace import EVENTS, read_lines


def go(root: Path, **more: Any) -> RunOutcome:
    """Run with stand-ins; `drafter`, `bench`, `ask` and `listener` aside, `more` goes into the config."""
    drafter = more.pop("drafter", None) or FaultyDrafter(root / "asked.log")
    bench = more.pop("bench", None) or StandInBench(root / "bench")
    ask, listener = more.pop("ask", None), more.pop("listener", None)
    given = {
        "pack": "scar.vss",
        "seed": 3,
        "approve": "auto",
        "max_calls": 16,
        "out": str(root / "runs"),
    } | more
    root.mkdir(parents=True, exist_ok=True)
    return start_run(
        RunConfig.model_validate({**given, "out": str(root / "runs")}),
        drafter=drafter,
        bench=bench,
        ask=ask,
        listener=listener,
    )


def go_on(root: Path, **more: Any) -> RunOutcome:
    drafter = more.pop("drafter", None) or FaultyDrafter(root / "asked.log")
    bench = more.pop("bench", None) or StandInBench(root / "bench")
    return resume_run(next((root / "runs").glob("*")), drafter=drafter, bench=bench, **more)


def events(root: Path, *kinds: str) -> list[dict[str, Any]]:
    path = next((root / "runs").glob("*")) / EVENTS
    return [line for line in read_lines(path) if not kinds or line["kind"] in kinds]


class KilledError(Exception):
    """Stands for a kill."""


class Failing(FaultyDrafter):
    """Answers a few times, then fails."""

    def __init__(self, fault: Exception, after: int) -> None:
        super().__init__()
        self.fault, self.after = fault, after

    def draft(self, brief: Brief) -> Reply:
        if len(self.asked) >= self.after:
            raise self.fault
        return super().draft(brief)


APPROVE = Decision(name="A. Reader", meaning="reviewed")


def decide(**by_gate: Decision) -> Any:
    return lambda asks: by_gate.get(asks["gate"], APPROVE)


def check_kill_points(root: Path, points: list[str], hash_seed: str, drafter: str = "faulty") -> None:
    told = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("kill_points.py")),
            str(root / "k"),
            *points,
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "KILL_DRAFTER": drafter},
    )
    whole, *killed = [json.loads(line) for line in told.stdout.splitlines()]
    assert len(killed) >= len(points)
    for one in killed:
        assert (one.pop("killed"), one.pop("resumed")) == (signal.SIGKILL, 0)
        assert one == {**whole, "point": one["point"]}
