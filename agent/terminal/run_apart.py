"""Begin or resume a run in a process of its own (`run_process`), and hand on what it tells.

The process that asks never holds a model's client: it may show a person his images.
"""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from scafe.agent.record.adoption import Trust
from scafe.agent.settings.run_config import RunConfig
from scafe.knowledge.contract import errors

MODULE = "scafe.agent.terminal.run_process"
Line = dict[str, Any]
Hear = Callable[[Line], None]


def start_apart(config: RunConfig, on_event: Hear | None = None, say: Callable[[str], None] = print) -> Path:
    """Run the whole method once in a process of its own; return the run folder.

    Parameters
    ----------
    config : RunConfig
        What is asked for.
    on_event : callable, optional
        Is told every event of the trace as it is written.
    say : callable
        Is told where words will be sent, before any is.

    Raises
    ------
    ScafeError
        Whatever fault the process reports, of the class that it had there.
    KeyboardInterrupt
        After the run was stopped at its next step; it can be resumed.
    """
    return _asked({"start": config.model_dump(mode="json")}, on_event, say)


def resume_apart(
    path: Path,
    decided: Line | None = None,
    checkpoints: str | None = None,
    trust: Trust = "known",
    on_event: Hear | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Take a run up again in a process of its own; see `start_apart`."""
    request = {"resume": str(path), "decided": decided, "checkpoints": checkpoints, "trust": trust}
    return _asked(request, on_event, say)


def _asked(request: Line, on_event: Hear | None, say: Callable[[str], None]) -> Path:
    with tempfile.TemporaryFile() as beside, _process(beside) as process:
        last = _conversation(process, json.dumps(request), on_event, say)
        code = process.wait()
        if "outcome" in last:
            return Path(last["outcome"]["run"])
        if "error" in last:
            kind = getattr(errors, last["error"]["kind"], errors.ScafeError)
            raise kind(last["error"]["message"])
        beside.seek(0)
        words = beside.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
    raise errors.SandboxError(
        f"the process of the run ended with code {code} and no answer: {words[-1]}; the run folder stays, "
        "and a run that was begun can be resumed"
    )


def _conversation(
    process: "subprocess.Popen[str]", request: str, on_event: Hear | None, say: Callable[[str], None]
) -> Line:
    """Ask, hand on what is told on the way, and return the last line."""
    assert process.stdin is not None  # noqa: S101  # both are pipes
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(request + "\n")
    process.stdin.close()
    last: Line = {}
    for text in process.stdout:
        last = json.loads(text)
        if "event" in last and on_event is not None:
            on_event(last["event"])
        if "said" in last:
            say(last["said"])
    return last


@contextmanager
def _process(beside: IO[bytes]) -> "Iterator[subprocess.Popen[str]]":
    """Start the process; if the waiting ends, the run ends at its next step and can be resumed."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", MODULE],  # -P: a folder `scafe` in the working directory is not imported
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=beside,
        encoding="utf-8",
        start_new_session=True,  # Ctrl-C comes to us, and goes on once
    )
    try:
        yield process
    except BaseException:
        _stop(process)
        raise
    finally:
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _stop(process: "subprocess.Popen[str]") -> None:
    try:
        process.send_signal(signal.SIGINT)
        if process.stdout is not None:
            for _ in process.stdout:  # a full pipe would keep it from ending
                pass
        process.wait()
    except KeyboardInterrupt:
        process.kill()
        process.wait()
        raise
