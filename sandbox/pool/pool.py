"""The side of the sandbox that the host sees: start workers, feed images, time out, reap.

What it does *not* do: parse or run a word of an extractor. Review, compilation and measuring all
happen in jailed cells (`cell`), whose answers are fixed-size records that are checked here.
"""

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from scafe.knowledge.contract.errors import SandboxError
from scafe.sandbox.pool import second_look
from scafe.sandbox.pool.arena import Shelf
from scafe.sandbox.pool.crew import Crew, CrewSettings, Lent, Row
from scafe.sandbox.pool.extraction import Extraction, Fault, FaultKind, ImageAndMask, Limits
from scafe.sandbox.pool.process import SandboxProcess
from scafe.sandbox.pool.remote import RemotePool
from scafe.sandbox.pool.rows import Head, Heads
from scafe.sandbox.system.backends import is_remote, local_prefix
from scafe.sandbox.system.doctor import SandboxReport, inspect_host

__all__ = ["Extraction", "Fault", "FaultKind", "ImageAndMask", "Limits", "Pool"]

NOT_OPEN = "the pool is not open; use it as a context manager: with Pool() as pool"
NO_LOCATOR = "locators run with --sandbox local or bwrap; give the images masks, or say --locator none"


class Pool:
    """Workers behind both walls. Use as a context manager; closing reaps every process.

    Threads that share a pool wait for one another.

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
        self._shelf = Shelf()
        self._crew: Crew | None = None
        self._heads = Heads()
        self._salt = secrets.token_bytes(16)

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
                self._process = self._started(self._hash_seed)  # it loads while phantoms are drawn
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._stop()

    def _started(self, hash_seed: int) -> SandboxProcess:
        return SandboxProcess(local_prefix(self.backend), hash_seed=hash_seed)

    def _stop(self) -> None:
        crew, remote, processes = self._crew, self._remote, (self._process, self._twin)
        self._crew = self._remote = self._process = self._twin = None
        if crew is not None:
            crew.close_pipes()
        for one in (remote, *processes):
            if one is not None:
                one.close()
        self._shelf.close()

    def extract(self, source: str, images: Sequence[ImageAndMask], *, talkative: bool = False) -> Extraction:
        """Run one extractor over images; rows come back in their order.

        Cells meet the images in the order of a hash of each. Of patient images one in 16, and at least three,
        is measured again in a fresh cell, and what cells hold is looked at; a difference is a fault of kind
        'state' on every image. Names are fixed by FEATURES.

        Parameters
        ----------
        source : str
            The extractor's module; anything at all may stand in it.
        images : sequence of ImageAndMask
            Sizes and channel counts may differ. The same images again cost no copy.
        talkative : bool
            Whether words of the extractor may come back (phantoms only); else exception class and line do.

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
            with self._stopping():
                if self._remote is not None:
                    return self._remote.extract(source, images, self.limits, talkative=talkative)
                return self._extract(source, images, talkative)

    def extract_part(self, source: str, images: Sequence[ImageAndMask], where: Sequence[int]) -> Extraction:
        """Run one extractor over some phantoms of a set; its cells stay for the next part of it.

        Parameters
        ----------
        images : sequence of ImageAndMask
            Phantoms: they stand in shared memory as given, and words of the extractor come back.
        where : sequence of int
            Which of them; rows come back in this order.
        """
        with self._lock:
            if self._process is None:
                return self.extract(source, [images[index] for index in where], talkative=True)
            with self._stopping():
                return self._extract(source, images, True, tuple(where))

    @contextlib.contextmanager
    def _stopping(self) -> Iterator[None]:
        """End every process if the sandbox itself fails."""
        try:
            yield
        except SandboxError:
            self._stop()
            raise

    def _extract(
        self,
        source: str,
        images: Sequence[ImageAndMask],
        talkative: bool,
        where: tuple[int, ...] | None = None,
    ) -> Extraction:
        count = len(images) if where is None else len(where)
        head = self._reviewed(source)
        if isinstance(head, Fault):
            quiet = head if talkative else replace(head, message="")
            return Extraction.all_faulty(quiet, (), count)
        if head.refusal is not None:
            return Extraction.all_faulty(head.refusal, (), count)
        crew = self.crew_for(source, images, talkative=talkative, as_given=where is not None)
        if crew.fault is not None:
            return Extraction.all_faulty(crew.fault, crew.names, count)
        began = time.perf_counter()
        measured = crew.measure_all(count) if where is None else crew.measure_places(where)
        seconds = time.perf_counter() - began
        crew.fault = self._second_look(source, crew, measured, talkative)
        if crew.fault is not None:
            return Extraction.all_faulty(crew.fault, crew.names, count)
        places = self._shelf[crew.arena].places if where is None else range(count)
        return Extraction.of(crew.names, [measured[place] for place in places], seconds)

    def _second_look(self, source: str, crew: Crew, measured: Sequence[Row], talkative: bool) -> Fault | None:
        """Compare a share of patient images with a fresh cell, once a crew; the detectors do phantoms."""
        if any(isinstance(row, Fault) and row.kind == "state" for row in measured):
            return second_look.CHANGED
        if talkative or crew.is_looked_at or not measured:
            return None
        if not crew.is_unchanged():
            return second_look.CHANGED
        crew.is_looked_at = True
        order = second_look.chosen(len(measured), self._salt)
        again = self._fresh(source, crew.arena, order, talkative=False, perturb_memory=second_look.PATTERN)
        return None if second_look.agree([measured[one] for one in order], again) else second_look.DIFFERS

    def _fresh(
        self,
        source: str,
        arena: int,
        order: Sequence[int],
        *,
        talkative: bool,
        perturb_memory: int,
        twin: bool = False,
    ) -> tuple[Row, ...]:
        """Measure some places of an arena in one fresh cell."""
        process = self._twin_process() if twin else self._opened()
        crew = Crew(process, source, arena, CrewSettings(self.limits, talkative, perturb_memory))
        crew.load(self.names_of(source), strict=self.report.is_strong_enough)
        if crew.fault is not None:
            return (crew.fault,) * len(order)
        rows = crew.measure_in(order)
        changed = not crew.is_unchanged()
        crew.dismiss()
        return (second_look.CHANGED,) * len(order) if changed else tuple(rows)

    def crew_for(
        self, source: str, images: Sequence[ImageAndMask], *, talkative: bool, as_given: bool = False
    ) -> Crew:
        """Return cells that have loaded the extractor; the last crew stays warm for the same call again."""
        process = self._opened()
        arena = self._arena_for(images, as_given=as_given)
        settings = CrewSettings(self.limits, talkative, self._perturb)
        if self._crew is not None and self._crew.serves(source, arena, settings):
            return self._crew
        self._dismiss()
        self._crew = Crew(process, source, arena, settings, max(1, min(self.workers, len(images))))
        self._crew.load(self.names_of(source), strict=self.report.is_strong_enough)
        return self._crew

    def _reviewed(self, source: str) -> Head | Fault:
        """Have the source read once in a cell that sees no image, so that no word can be a pixel's."""
        return self._heads.of(source, self._review)

    def _review(self, source: str) -> Head | Fault:
        crew = Crew(self._opened(), source, self._arena_for(()), CrewSettings(self.limits, True))
        return crew.review(strict=self.report.is_strong_enough)

    def _opened(self) -> SandboxProcess:
        if self._process is None:
            raise SandboxError(NOT_OPEN)
        return self._process

    def names_of(self, source: str) -> tuple[str, ...]:
        """Have a source read in a cell that sees no image; () if it cannot run."""
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
            if self._remote is not None:
                return self._remote.rerun(source, images, order, self.limits, twin, perturb_memory)
            self._opened()
            number = self._arena_for(images)
            head = self._reviewed(source)
            if isinstance(head, Fault) or head.refusal is not None:
                return (head if isinstance(head, Fault) else head.refusal,) * len(order)  # type: ignore[return-value]
            places, again = [self._shelf[number].places[index] for index in order], perturb_memory
            return self._fresh(source, number, places, talkative=True, perturb_memory=again, twin=twin)

    @contextlib.contextmanager
    def lent(self, images: Sequence[ImageAndMask]) -> Iterator[Lent]:
        """Lend the sandbox process with images in it; for `regions.finding`."""
        with self._lock:
            if self._process is None:
                raise SandboxError(NOT_OPEN if self._remote is None else NO_LOCATOR)
            with self._stopping():
                nothing, number = (self._arena_for(some) for some in ((), images))
                places = self._shelf[number].places
                yield Lent(self._process, nothing, number, places, self.workers, self.report.is_strong_enough)

    def _twin_process(self) -> SandboxProcess:
        if self._twin is None:
            self._twin = self._started(self._hash_seed + 1)
            self._shelf.share_with(self._twin)
        return self._twin

    def rest(self) -> None:
        """End what waits for more of the same: idle cells and the second process, 250 MB of memory."""
        with self._lock:
            self._dismiss()
            twin, self._twin = self._twin, None
            if twin is not None:
                twin.close()

    def _dismiss(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.dismiss()

    def _arena_for(self, images: Sequence[ImageAndMask], *, as_given: bool = False) -> int:
        processes = [one for one in (self._process, self._twin) if one is not None]
        return self._shelf.number_of(images, processes, as_given=as_given)

    def __del__(self) -> None:
        """Leave no process behind if the pool was never closed."""
        with contextlib.suppress(Exception):
            self._stop()
