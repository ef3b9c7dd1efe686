"""Reading a reply without being held up by it: in a process of its own, within bounds, before a deadline.

One process reads the replies of all runs of this process, one at a time; it is started at the first reply
and again if one brings it down. A reply that takes too much is a reply that could not be read: the
drafter is told in words, the run goes on, and so does every resume.
"""

import atexit
import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import IO, Any

from scafe.agent.reply.kinds import LOCATOR
from scafe.agent.reply.parsing import TOO_MUCH
from scafe.agent.reply.plans import ReadPlan
from scafe.agent.reply.reply import MAX_REPLY, ReadReply, read_reply
from scafe.agent.reply.worker import HELLO, write_frame
from scafe.knowledge.contract.errors import SandboxError

DEADLINE_S = 60.0
"""Longest wait for one reply, three times what the worker may spend of a processor: bounds on length, tokens,
nesting and work come first, and are the same everywhere."""
START_S = 120.0
"""Longest wait for the process to start; an idle machine takes 0.6 s."""
MOST_ANSWER = 4_000_000
"""Bytes of an answer; a module has 65,536 characters."""
KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")
"""All that the process gets of the environment: no key, no address."""
COMMAND = (sys.executable, "-P", "-m", "scafe.agent.reply.worker")


class _DiedError(Exception):
    """The worker ended or was ended while it read."""


class Reader:
    """Reads replies in a process of its own. Safe to use from several threads, and after a fork.

    Parameters
    ----------
    deadline_s : float
        Longest wait for one reply.
    command : sequence of str
        What is started; tests start what stands still.
    """

    def __init__(self, deadline_s: float = DEADLINE_S, command: tuple[str, ...] = COMMAND) -> None:
        self._deadline_s = deadline_s
        self._command = command
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def reply(
        self,
        text: str,
        criterion: str | None = None,
        finish_reason: str | None = None,
        *,
        may_decline: bool = False,
    ) -> ReadReply:
        """Read the extractor in a reply; see `scafe.agent.reply.reply.read_reply`."""
        if len(text) > MAX_REPLY:
            return read_reply(text, criterion, finish_reason)  # turned away by its length
        found = self._ask(
            {
                "what": "reply",
                "text": text,
                "criterion": criterion,
                "finish_reason": finish_reason,
                "may_decline": may_decline,
            }
        )
        if found is None:
            return ReadReply(None, (), TOO_MUCH)
        return ReadReply(**{**found, "steps": tuple(found["steps"])})

    def locator(self, text: str, region: str, finish_reason: str | None = None) -> ReadReply:
        """Read the locator in a reply; by the same steps, in the same process."""
        if len(text) > MAX_REPLY:
            return read_reply(text, region, finish_reason, kind=LOCATOR)
        found = self._ask(
            {
                "what": "locator",
                "text": text,
                "criterion": region,
                "finish_reason": finish_reason,
                "may_decline": False,
            }
        )
        if found is None:
            return ReadReply(None, (), TOO_MUCH)
        return ReadReply(**{**found, "steps": tuple(found["steps"])})

    def plan(self, text: str, criteria: tuple[str, ...]) -> ReadPlan:
        """Read the plan in a reply; see `scafe.agent.reply.plans.read_plan`."""
        found = self._ask({"what": "plan", "text": text[:MAX_REPLY], "criteria": criteria})
        if found is None:
            return ReadPlan(None, (), TOO_MUCH)
        plan = found["plan"] and {name: tuple(ideas) for name, ideas in found["plan"].items()}
        return ReadPlan(plan, tuple(found["steps"]), found["complaint"])

    def close(self) -> None:
        """End the process; the next reply starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._owner == os.getpid():
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what the worker found; None if the reply brought down two of them, or took too long."""
        data = json.dumps(request).encode()
        with self._lock:
            for _ in range(2):  # the first may have died of something else, such as a machine short of memory
                process = self._started()
                try:
                    write_frame(process.stdin, data)  # type: ignore[arg-type]
                    found: dict[str, Any] = json.loads(_frame(process.stdout, self._deadline_s))
                    return found
                except TimeoutError:
                    self.close()
                    return None
                except (_DiedError, OSError):
                    self.close()
            return None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            self.close()  # a fork's copy: the process is the parent's
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process, self._owner = self._start(), os.getpid()
        return self._process

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=environment,
        )
        try:
            said = _frame(process.stdout, START_S)
        except (_DiedError, TimeoutError):
            process.kill()
            _, told = process.communicate()
            last = told.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
            raise SandboxError(f"the process that reads replies did not start: {last or 'no word'}") from None
        if said != HELLO:
            process.kill()
            process.communicate()
            raise SandboxError("the process that reads replies said something else than that it is ready")
        return process


def _frame(stream: IO[bytes] | None, seconds: float) -> bytes:
    """Read one message before a deadline."""
    until = time.monotonic() + seconds
    size = int.from_bytes(_exactly(stream, 8, until), "big")
    if size > MOST_ANSWER:
        raise _DiedError
    return _exactly(stream, size, until)


def _exactly(stream: IO[bytes] | None, size: int, until: float) -> bytes:
    """Read so many bytes; TimeoutError past the deadline, _DiedError at the end of the stream."""
    if stream is None:
        raise _DiedError
    found = b""
    with selectors.DefaultSelector() as ready:
        ready.register(stream, selectors.EVENT_READ)
        while len(found) < size:
            if not ready.select(max(0.0, until - time.monotonic())):
                raise TimeoutError
            piece = os.read(stream.fileno(), size - len(found))
            if not piece:
                raise _DiedError
            found += piece
    return found


reader = Reader()
"""The one that a run uses."""
atexit.register(reader.close)
