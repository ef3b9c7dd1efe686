"""The viewer's side of the phantom process: asked for a picture or a value, started when it is first needed.

A page never waits for it: what is not there yet is asked for again when the page is.
"""

import base64
import json
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from typing import Any, Final

from scafe.knowledge.contract.errors import SandboxError

MODULE: Final = "scafe.agent.view.stage_process"
PATIENCE_S: Final = 0.06
"""A page waits so long for an answer."""
PICTURE_S: Final = 90.0
"""A picture, which a page loads beside itself, waits so long."""
IDLE_S: Final = 300.0
"""Without a request for so long the process is ended; the next request starts another."""
MOST_ANSWERS: Final = 128
MOST_WAITING: Final = 32


@dataclass
class Stage:
    """Asks the phantom process one thing at a time and keeps the last answers."""

    _answers: "OrderedDict[str, Future[Any]]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "stage"))
    _process: "subprocess.Popen[str] | None" = None
    _asked: float = 0.0

    def ask(self, patience: float = PATIENCE_S, **request: Any) -> Any | None:
        """Return an answer, or None if it is not there yet.

        Raises
        ------
        SandboxError
            It cannot be answered.
        """
        text = json.dumps(request, sort_keys=True)
        with self._lock:
            waiting = sum(not one.done() for one in self._answers.values())
            if text not in self._answers and waiting >= MOST_WAITING:
                return None
            if text not in self._answers:
                self._answers[text] = self._asker.submit(self._answer, text)
            self._answers.move_to_end(text)
            while len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
            future = self._answers[text]
        try:
            return future.result(patience)
        except Late:
            return None

    def picture(self, **request: Any) -> bytes:
        """Return a PNG; waits for it."""
        found = self.ask(PICTURE_S, **request)
        if found is None:
            raise SandboxError("the picture was not ready in time; load it again")
        return base64.b64decode(found["png"])

    def tidy(self) -> None:
        """End the process if nothing was asked for a while."""
        if self._process is not None and time.monotonic() - self._asked > IDLE_S:
            self._asker.submit(self._end)

    def close(self) -> None:
        """End the process."""
        self._asker.submit(self._end)
        self._asker.shutdown(wait=True, cancel_futures=False)

    def _answer(self, text: str) -> Any:
        self._asked = time.monotonic()
        try:
            told = self._told(text)
        except (OSError, ValueError, SandboxError) as error:
            self._end()
            raise SandboxError(f"the phantom process ended without an answer ({error})") from None
        if "error" in told:
            raise SandboxError(str(told["error"]))
        return told["answer"]

    def _told(self, text: str) -> dict[str, Any]:
        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise SandboxError("no pipe")
        process.stdin.write(text + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise SandboxError(f"code {process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                start_new_session=True,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
