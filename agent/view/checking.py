"""Checks of whole runs, each made anew when its page is loaded: a large run takes seconds."""

import os
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scafe.agent.record.seal import SIGNATURE, RunCheck, verify_run
from scafe.agent.record.signature import Signed, check_signature, look_at_signature
from scafe.knowledge.contract.errors import InputError

PATIENCE_S: Final = 0.08
MOST_CHECKS: Final = 64


@dataclass(frozen=True)
class Found:
    """What a check came to."""

    run: RunCheck
    signed: Signed | None
    """None: there is no signature."""


@dataclass(frozen=True)
class Check:
    """One check of one run."""

    number: int
    run: str
    future: "Future[Found]"

    def result(self, patience: float = PATIENCE_S) -> Found | None:
        """Return what it came to, None if it is not done yet; raises what the check raised."""
        try:
            return self.future.result(patience)
        except Late:
            return None


@dataclass
class Checks:
    """The last checks, by number."""

    signers: Path | None = None
    """File of allowed signers; None: any key is looked at, and nobody vouched for."""
    _known: "OrderedDict[int, Check]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _checker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "check"))
    _count: int = 0

    def begun(self, folder: Path) -> Check:
        """Begin a check."""
        with self._lock:
            self._count += 1
            made = Check(self._count, folder.name, self._checker.submit(self._found, folder))
            self._known[made.number] = made
            while len(self._known) > MOST_CHECKS:
                self._known.popitem(last=False)
        return made

    def _found(self, folder: Path) -> Found:
        return Found(verify_run(folder), self._signed(folder))

    def _signed(self, folder: Path) -> Signed | None:
        if not os.path.lexists(folder / SIGNATURE):
            return None
        try:
            return check_signature(folder, self.signers) if self.signers else look_at_signature(folder)
        except InputError as error:
            return Signed(by="", fault=str(error))

    def of(self, number: int, run: str) -> Check | None:
        """Return a check that was begun; None if it was of another run, or too long ago."""
        found = self._known.get(number)
        return found if found is not None and found.run == run else None
