"""A run in a process of its own: `python -m scafe.agent.terminal.run_process`, a request on standard input.

Answers in JSON lines: every event, what a person should read, and last the outcome or the fault. It may
hold a model's client, so whoever starts it (`run_apart`) need not, and may hold images.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from pydantic import BaseModel, ConfigDict

from scafe.agent.loop.run import resume_run, start_run
from scafe.agent.nodes.gates import Decision, decide
from scafe.agent.record.adoption import Trust
from scafe.agent.record.outcome import RunOutcome, gate_of
from scafe.agent.record.run_folder import left_clean, load_run
from scafe.agent.settings.run_config import RunConfig
from scafe.agent.terminal.preflight import require_endpoint
from scafe.knowledge.contract.errors import InputError, ScafeError

Tell = Callable[[str, Any], None]


class Decided(BaseModel):
    """What a person decided at the gate where a run waits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    gate: str = ""
    """The gate that the person saw; a run that waits at another by now is not decided."""
    meaning: str = ""
    drop: tuple[str, ...] = ()
    reject: bool = False


class Request(BaseModel):
    """Begin a run (`start`), or go on with one (`resume`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: RunConfig | None = None
    resume: str = ""
    decided: Decided | None = None
    checkpoints: str | None = None
    trust: Trust = "known"


def main() -> int:
    """Answer one request; return the exit code that the command line would have."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)  # whatever a library prints must not stand among the answers
        return answer(sys.stdin.readline(), out)


def answer(request: str, out: TextIO) -> int:
    """Answer one request on `out`; a fault that ScaFE reports on purpose is an answer too."""

    def tell(kind: str, content: Any) -> None:
        print(json.dumps({kind: content}, ensure_ascii=False, default=str), file=out, flush=True)

    try:
        outcome = _go(Request.model_validate_json(request), tell)
    except ScafeError as error:
        tell("error", {"kind": type(error).__name__, "message": str(error)})
        return error.exit_code
    tell("outcome", {"run": outcome.run, "asks": outcome.asks})
    return outcome.exit_code


def _go(request: Request, tell: Tell) -> RunOutcome:
    def listener(line: dict[str, Any]) -> None:
        tell("event", line)

    config = request.start
    if config is None:
        return resume_run(
            Path(request.resume),
            listener=listener,
            decision=_decision(request),
            checkpoints=request.checkpoints,
            trust=request.trust,
        )
    if notice := require_endpoint(config.model, config.base_url, config.egress):
        tell("said", notice)
    with left_clean(Path(config.out)):
        return start_run(config, listener=listener)


def _decision(request: Request) -> Decision | None:
    if request.decided is None:
        return None
    info, seen = load_run(request.resume).info(), request.decided.gate
    if (gate := gate_of(info.why)) is None:
        raise InputError(
            f"run {info.id} does not wait at a gate ({info.status}), so there is nothing to decide; "
            "resume it without a name"
        )
    if seen and gate != seen:
        raise InputError(
            f"run {info.id} waits at the gate {gate}, and {seen} was decided; "
            "read what it asks now, and decide that"
        )
    return decide(**request.decided.model_dump(exclude={"gate"}))


if __name__ == "__main__":
    raise SystemExit(main())
