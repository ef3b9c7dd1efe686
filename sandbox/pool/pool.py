"""The side of the sandbox that the host sees: start workers, feed images, time out, reap.

What it does *not* do: parse or run a word of an extractor. Review, compilation and measuring all
happen in jailed cells (`cell`), whose answers are fixed-size records that are checked here.
"""

import contextlib
import hashlib
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.pool.arena import Arena
from scafe.sandbox.pool.crew import Crew, CrewSettings, Row
from scafe.sandbox.pool.extraction import Extraction, Fault, FaultKind, ImageAndMask, Limits
from scafe.sandbox.pool.process import SandboxProcess
from scafe.sandbox.pool.remote import RemotePool
from scafe.sandbox.pool.rows import Head
from scafe.sandbox.system.backends import is_remote, local_prefix
from scafe.sandbox.system.doctor import SandboxReport, inspect_host

__all__ = ["Extraction", "Fault", "FaultKind", "ImageAndMask", "Limits", "Pool"]

NOT_OPEN = "the pool is not open; use it as a context manager: with Pool() as pool"
KEPT_HEADS = 4096
KEPT_ARENAS = 6
"""Sets of images that stay in shared memory; the least recently used goes first."""


class Pool:
    """Workers behind both walls. Use as a context manager; closing reaps every process.

    One call of `extract` runs at a time; threads that share a pool wait for one another.

    Parameters
    ----------
    workers : int
        Cells that measure at the same time; one core each.
    limits : Limits, optional
        Time per image and memory per cell.
    allow_weaker : bool
        Run on a host below tier B all the same; recorded in `report`.
    backend : str
        'local', 'bwrap', 'docker' or 'gvisor'.
    hash_seed : int
        PYTHONHASHSEED of the sandbox process.
    perturb_memory : int
        Byte (1-255) that fresh memory is filled with; 0 leaves it to the allocator.

    Raises
    ------
    SandboxError
        On entering, if this host cannot hold the walls (below tier B) and `allow_weaker` is false;
        later, if the sandbox itself fails.
    """

    def __init__(
        self,
        workers: int = 2,
        limits: Limits | None = None,
        *,
        allow_weaker: bool = False,
        backend: str = "local",
        hash_seed: int = 0,
        perturb_memory: int = 0,
    ) -> None:
        self.workers = max(1, workers)
        self.limits = limits or Limits()
        self.backend = backend
        self._allow_weaker = allow_weaker
        self._hash_seed = hash_seed
        self._perturb = perturb_memory
        self._twin: SandboxProcess | None = None
        self._remote: RemotePool | None = None
        self._lock = threading.RLock()
        self._process: SandboxProcess | None = None
        self._report: SandboxReport | None = None
        self._arenas: dict[int, Arena] = {}
        self._next_arena = 0
        self._crew: Crew | None = None
        self._heads: dict[str, Head | Fault] = {}

    @property
    def report(self) -> SandboxReport:
        """The layers and the tier of this host, as `scafe doctor` shows them."""
        if self._report is None:
            found = inspect_host(local_prefix(self.backend), self.backend)
            self._report = found.model_copy(update={"allow_weaker": self._allow_weaker})
        return self._report

    @property
    def process_id(self) -> int:
        """Process id of the guardian, for those who measure or watch; 0 while the pool is closed."""
        return self._process.pid if self._process is not None else 0

    def __enter__(self) -> Self:
        with self._lock:
            if not self.report.is_strong_enough and not self._allow_weaker:
                raise SandboxError(self.report.refusal())
            if is_remote(self.backend):
                prefix = local_prefix(self.backend)
                self._remote = RemotePool(prefix, workers=self.workers, hash_seed=self._hash_seed)
            else:
                self._process = self._started(self._hash_seed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._stop()

    def _started(self, hash_seed: int) -> SandboxProcess:
        process = SandboxProcess(local_prefix(self.backend), hash_seed=hash_seed)
        process.wait_ready()
        return process

    def _stop(self) -> None:
        crew, self._crew = self._crew, None
        remote, self._remote = self._remote, None
        if remote is not None:
            remote.close()
        processes = (self._process, self._twin)
        self._process = self._twin = None
        if crew is not None:
            crew.close_pipes()
        for process in processes:
            if process is not None:
                process.close()
        arenas, self._arenas = self._arenas, {}
        for arena in arenas.values():
            arena.close()

    def extract(self, source: str, images: Sequence[ImageAndMask], *, talkative: bool = False) -> Extraction:
        """Run one extractor over images, in order.

        The names are fixed by the extractor's FEATURES. `talkative` (phantoms only) lets exception
        messages back; on patient images only an exception class and a line number come back.

        Parameters
        ----------
        source : str
            The extractor's module; anything at all may stand in it.
        images : sequence of ImageAndMask
            Sizes and channel counts may differ. The same images again cost no copy.
        talkative : bool
            Whether words of the extractor may come back.

        Returns
        -------
        Extraction
            Values are rounded to 6 significant digits; faults are data, one per image.

        Raises
        ------
        SandboxError
            If the pool is not open, or the sandbox itself fails.
        """
        with self._lock:
            if self._process is None and self._remote is None:
                raise SandboxError(NOT_OPEN)
            try:
                if self._remote is not None:
                    return self._remote.extract(source, images, self.limits, talkative=talkative)
                return self._extract(source, images, talkative)
            except SandboxError:
                self._stop()
                raise

    def _extract(self, source: str, images: Sequence[ImageAndMask], talkative: bool) -> Extraction:
        head = self._reviewed(source)
        if isinstance(head, Fault):
            quiet = head if talkative else replace(head, message="")
            return _all_faulty(quiet, (), len(images))
        if head.refusal is not None:
            return _all_faulty(head.refusal, (), len(images))
        crew = self.crew_for(source, images, talkative=talkative)
        if crew.fault is not None:
            return _all_faulty(crew.fault, crew.names, len(images))
        began = time.perf_counter()
        measured = crew.measure_all(len(images))
        seconds = time.perf_counter() - began
        rows = np.full((len(images), len(crew.names)), math.nan)
        faults: list[Fault | None] = []
        for index, one in enumerate(measured):
            faults.append(one if isinstance(one, Fault) else None)
            if not isinstance(one, Fault):
                rows[index] = one
        return Extraction(crew.names, rows, tuple(faults), seconds)

    def crew_for(self, source: str, images: Sequence[ImageAndMask], *, talkative: bool) -> Crew:
        """Return cells that have loaded the extractor; the last crew stays warm for the same call again."""
        if self._process is None:
            raise SandboxError(NOT_OPEN)
        arena = self._arena_for(self._process, images)
        settings = CrewSettings(self.limits, talkative, self._perturb)
        if self._crew is not None and self._crew.serves(source, arena, settings):
            return self._crew
        self._dismiss()
        self._crew = Crew(self._process, source, arena, settings, max(1, min(self.workers, len(images))))
        self._crew.load(self._names(source), strict=self.report.is_strong_enough)
        return self._crew

    def _reviewed(self, source: str) -> Head | Fault:
        """Have the source read once in a cell that sees no image, so that no word can be a pixel's."""
        key = hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()
        if key not in self._heads:
            if self._process is None:
                raise SandboxError(NOT_OPEN)
            nothing = self._arena_for(self._process, ())
            crew = Crew(self._process, source, nothing, CrewSettings(self.limits, True))
            self._heads[key] = crew.review(strict=self.report.is_strong_enough)
            if len(self._heads) > KEPT_HEADS:
                del self._heads[next(iter(self._heads))]
        return self._heads[key]

    def _names(self, source: str) -> tuple[str, ...]:
        head = self._reviewed(source)
        return head.names if isinstance(head, Head) else ()

    def rerun(
        self,
        source: str,
        images: Sequence[ImageAndMask],
        order: Sequence[int],
        *,
        twin: bool = False,
        perturb_memory: int = 0,
    ) -> tuple[Row, ...]:
        """Measure phantoms again in one fresh cell, in the given order; for the detectors.

        Parameters
        ----------
        order : sequence of int
            Places in `images`; a place may stand there twice.
        twin : bool
            Use the second sandbox process: another hash seed, another address layout.
        perturb_memory : int
            Byte that fresh memory is filled with.
        """
        with self._lock:
            if self._remote is not None:  # a container has one process only: orders can differ, no more
                return self._rerun_remotely(self._remote, source, [images[place] for place in order])
            if self._process is None:
                raise SandboxError(NOT_OPEN)
            number = self._arena_for(self._process, images)
            process = self._twin_process() if twin else self._process
            head = self._reviewed(source)
            if isinstance(head, Fault) or head.refusal is not None:
                return (head if isinstance(head, Fault) else head.refusal,) * len(order)  # type: ignore[return-value]
            crew = Crew(process, source, number, CrewSettings(self.limits, True, perturb_memory))
            crew.load(self._names(source), strict=self.report.is_strong_enough)
            if crew.fault is not None:
                return (crew.fault,) * len(order)
            rows = crew.measure_in(order)
            crew.dismiss()
            return tuple(rows)

    def _rerun_remotely(
        self, remote: RemotePool, source: str, images: Sequence[ImageAndMask]
    ) -> tuple[Row, ...]:
        found = remote.extract(source, images, self.limits, talkative=True)
        pairs = zip(found.faults, found.rows, strict=True)
        return tuple(fault if fault is not None else tuple(map(float, row)) for fault, row in pairs)

    def _twin_process(self) -> SandboxProcess:
        if self._twin is None:
            self._twin = self._started(self._hash_seed + 1)
            for number, arena in self._arenas.items():
                self._twin.share(number, arena)
        return self._twin

    def _dismiss(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.dismiss()

    def _arena_for(self, process: SandboxProcess, images: Sequence[ImageAndMask]) -> int:
        for number, arena in self._arenas.items():
            if arena.holds(images):
                self._arenas[number] = self._arenas.pop(number)  # most recently used stands last
                return number
        arena = Arena(images)
        number = self._next_arena = self._next_arena + 1
        processes = [process] if self._twin is None else [process, self._twin]
        for one in processes:
            one.share(number, arena)
        self._arenas[number] = arena
        if len(self._arenas) > KEPT_ARENAS:
            oldest = next(iter(self._arenas))
            for one in processes:
                one.unshare(oldest)
            self._arenas.pop(oldest).close()
        return number

    def __del__(self) -> None:
        """Leave no process behind if the pool was never closed."""
        with contextlib.suppress(Exception):
            self._stop()


def _all_faulty(fault: Fault, names: tuple[str, ...], count: int) -> Extraction:
    return Extraction(names, np.full((count, len(names)), math.nan), (fault,) * count, 0.0)
