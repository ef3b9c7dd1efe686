"""Runs that a person sent on from here: each in a process of its own, which outlives the viewer.

The process is the one that `scafe.run` uses too (`agent.terminal.run_process`): it takes the decision, writes
it down and goes on as `scafe resume RUN --name …` does. The viewer never holds a model's client or an image.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from scafe.knowledge.contract.errors import InputError

MODULE: Final = "scafe.agent.terminal.run_process"
PATIENCE_S: Final = 6.0
"""A form waits so long for the run to take up its work, or to say why it does not."""
MOST_TOLD: Final = 1 << 20


@dataclass
class Resumed:
    """One run that was sent on."""

    process: "subprocess.Popen[str]"
    told: IO[bytes]
    """What the process says: events, and last the outcome or the fault."""
    beside: IO[bytes]
    """What it says besides, for a process that ends without an answer."""

    @property
    def is_running(self) -> bool:
        """Whether it is still at work."""
        return self.process.poll() is None

    @property
    def fault(self) -> str:
        """Why it did not go on; '' if it did, or does."""
        if self.is_running:
            return ""
        last = self._last()
        if "outcome" in last:
            return ""
        if "error" in last:
            return str(last["error"].get("message", ""))
        words = _end_of(self.beside).decode(errors="replace").strip().splitlines() or ["it said nothing"]
        return f"the process of the run ended with code {self.process.returncode}: {words[-1]}"

    @property
    def has_begun(self) -> bool:
        """Whether it told of an event: the decision is taken."""
        return os.fstat(self.told.fileno()).st_size > 0

    def _last(self) -> dict[str, Any]:
        lines = _end_of(self.told).splitlines()
        try:
            found = json.loads(lines[-1]) if lines else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass
class Resumes:
    """All runs that were sent on from here, by name."""

    _known: dict[str, Resumed] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, name: str) -> Resumed | None:
        """Return what was sent on last of a run, if anything was."""
        return self._known.get(name)

    def settle(self, name: str, patience: float = PATIENCE_S) -> None:
        """Wait for a run's process that has put its question and is about to end; never longer than that."""
        if (found := self._known.get(name)) is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                found.process.wait(patience)

    def close(self, patience: float = 0.0) -> None:
        """Close what was told; a process that is still at work after the patience goes on by itself."""
        for one in self._known.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.process.wait(patience)
            one.told.close()
            one.beside.close()
        self._known.clear()

    def send_on(self, name: str, folder: Path, decided: dict[str, Any] | None) -> Resumed:
        """Start the process, and wait until it works or said why not; none is started beside one at work.

        A process at work takes no decision any more: InputError then, so that none is lost.
        """
        with self._lock:
            found = self._known.get(name)
            if found is not None and found.is_running and decided is not None:
                raise InputError(
                    f"run {name} is still at work, so this was not decided; load the page again in a moment"
                )
            if found is None or not found.is_running:
                if found is not None:
                    found.told.close()
                    found.beside.close()
                found = self._known[name] = _started(folder, decided)
        end = time.monotonic() + PATIENCE_S
        while found.is_running and not found.has_begun and time.monotonic() < end:
            time.sleep(0.05)
        return found


def _started(folder: Path, decided: dict[str, Any] | None) -> Resumed:
    told, beside = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # the process keeps them
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=told,
        stderr=beside,
        encoding="utf-8",
        start_new_session=True,  # Ctrl-C ends the viewer alone
    )
    if process.stdin is not None:
        process.stdin.write(json.dumps({"resume": str(folder), "decided": decided}) + "\n")
        process.stdin.close()
    return Resumed(process, told, beside)


def _end_of(file: IO[bytes]) -> bytes:
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), MOST_TOLD, max(0, size - MOST_TOLD))
